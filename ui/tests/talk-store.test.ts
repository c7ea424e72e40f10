import { beforeEach, expect, test } from 'bun:test'
import { createPinia, setActivePinia } from 'pinia'
import { useTalk } from '../src/stores/talk.ts'

beforeEach(() => setActivePinia(createPinia()))

test('C51 an agent works until it has ended its last message; a presence says what is true', () => {
  const talk = useTalk()
  const report = (channel_id: string, seq: number, state: 'working' | 'answered' | 'failed') =>
    talk.delivered({ type: 'delivery', channel_id, agent_id: 'forge', seq, state, detail: null })
  report('a', 1, 'working')
  report('b', 7, 'working')
  report('a', 1, 'working')
  report('a', 1, 'answered')
  expect(talk.working).toEqual({ a: [], b: [{ agent_id: 'forge', seq: 7 }] })
  const working = [{ agent_id: 'forge', seq: 9 }]
  talk.attended({ type: 'presence', channel_id: 'b', user_ids: ['forge'], working })
  expect(talk.working.b).toEqual(working)
  talk.attended({ type: 'presence', channel_id: 'b', user_ids: ['forge'] })
  expect(talk.working.b).toEqual([])
})
