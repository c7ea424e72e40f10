import { afterEach, expect, test } from 'bun:test'
import type { Channel } from '@contracts/resources.ts'
import { QueryClient } from '@tanstack/vue-query'
import { keys } from '../src/api/keys.ts'
import { channelsQuery } from '../src/composables/queries.ts'
import { channel } from './support/samples.ts'

const { fetch } = globalThis
afterEach(() => {
  globalThis.fetch = fetch
})

test('a read marker that moves while the list of channels is fetched does not move back', async () => {
  const client = new QueryClient()
  const stale = channel({ last_seq: 3, read_seq: 0, unread_count: 3 })
  client.setQueryData<Channel[]>(keys.channels('fieldnote'), [stale])
  let answer = (_response: Response) => {}
  globalThis.fetch = Object.assign(
    () =>
      new Promise<Response>((resolve) => {
        answer = resolve
      }),
    { preconnect: fetch.preconnect },
  )
  const list = channelsQuery('fieldnote', client).queryFn()
  client.setQueryData<Channel[]>(keys.channels('fieldnote'), [{ ...stale, read_seq: 3, unread_count: 0 }])
  answer(Response.json({ data: [stale], pagination: { total_pages: 1 } }))
  expect((await list)[0]).toMatchObject({ read_seq: 3, unread_count: 0 })
})
