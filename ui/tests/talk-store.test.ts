import { beforeEach, expect, test } from 'bun:test'
import { createPinia, setActivePinia } from 'pinia'
import { useTalk } from '../src/stores/talk.ts'

beforeEach(() => setActivePinia(createPinia()))

test('C51 an agent works until it has ended its last message', () => {
  const talk = useTalk()
  talk.delivered('forge', { channel_id: 'a', seq: 1 }, 'working')
  talk.delivered('forge', { channel_id: 'b', seq: 7 }, 'working')
  talk.delivered('forge', { channel_id: 'a', seq: 1 }, 'working')
  talk.delivered('forge', { channel_id: 'a', seq: 1 }, 'answered')
  expect(talk.working).toEqual({ forge: ['b.7'] })
  talk.delivered('forge', { channel_id: 'b', seq: 7 }, 'failed')
  expect(talk.working).toEqual({})
})
