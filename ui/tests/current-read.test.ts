import { expect, test } from 'bun:test'
import type { Channel, User } from '@contracts/resources.ts'
import { QueryClient } from '@tanstack/vue-query'
import { keys } from '../src/api/keys.ts'
import { applyEvent } from '../src/realtime/apply-event.ts'
import { applyFrame } from '../src/realtime/apply-frame.ts'
import { type CacheUpdate, writeUpdates } from '../src/realtime/cache-update.ts'
import { readCurrent } from '../src/realtime/current-read.ts'
import { CHANNEL, channel, event, ME, message, NOON, OTHER, user } from './support/samples.ts'

const reader = { user_id: ME, slug: 'fieldnote' }

/** A read whose answers the test gives. */
function slow<T>() {
  const answers: ((data: T) => void)[] = []
  const read = () => new Promise<T>((resolve) => answers.push(resolve))
  return { answers, read }
}
const turns = () => new Promise((resolve) => setTimeout(resolve, 0))
const applyChannels = (channels: Channel[], update: CacheUpdate) =>
  update.at === 'channels' ? update.change(channels) : channels
const applyMembers = (members: User[], update: CacheUpdate) =>
  update.at === 'members' ? update.change(members) : members

test('C50 a message and a marker that come during a read are in its answer, though the answer is older', async () => {
  const client = new QueryClient()
  const { answers, read } = slow<Channel[]>()
  const list = readCurrent(client, 'fieldnote', read, applyChannels)
  const stale = [channel({ last_seq: 3, read_seq: 0, unread_count: 3 })]
  for (const frame of [
    { type: 'read', channel_id: CHANNEL, seq: 3 },
    { type: 'message', message: message(4, { mentions: [ME] }) },
  ] as const)
    writeUpdates(client, 'fieldnote', applyFrame(frame, reader, NOON))
  answers[0]?.(stale)
  expect((await list)[0]).toMatchObject({ last_seq: 4, read_seq: 3, unread_count: 1, mention_count: 1 })
})

test('C50 an answer that contains the updates already is not changed', async () => {
  const client = new QueryClient()
  const { answers, read } = slow<Channel[]>()
  const list = readCurrent(client, 'fieldnote', read, applyChannels)
  writeUpdates(client, 'fieldnote', applyFrame({ type: 'message', message: message(4) }, reader, NOON))
  const fresh = [channel({ last_seq: 4, read_seq: 3, unread_count: 1 })]
  answers[0]?.(fresh)
  expect(await list).toEqual(fresh)
})

test('C50 a removed member and a removed channel do not come back with an older answer', async () => {
  const client = new QueryClient()
  const [members, channels] = [slow<User[]>(), slow<Channel[]>()]
  const people = readCurrent(client, 'fieldnote', members.read, applyMembers)
  const rooms = readCurrent(client, 'fieldnote', channels.read, applyChannels)
  writeUpdates(client, 'fieldnote', applyEvent(event('user.removed', { user: user({ id: OTHER }) }), reader))
  writeUpdates(
    client,
    'fieldnote',
    applyFrame({ type: 'channel_removed', channel_id: CHANNEL }, reader, NOON),
  )
  members.answers[0]?.([user({ id: OTHER }), user({ id: ME })])
  channels.answers[0]?.([channel()])
  expect((await people).map(({ id }) => id)).toEqual([ME])
  expect(await rooms).toEqual([])
})

test('C50 an update of another org, or before the read, is not applied', async () => {
  const client = new QueryClient()
  const frame = applyFrame({ type: 'message', message: message(4) }, reader, NOON)
  writeUpdates(client, 'fieldnote', frame)
  const { answers, read } = slow<Channel[]>()
  const list = readCurrent(client, 'fieldnote', read, applyChannels)
  writeUpdates(client, 'other', frame)
  answers[0]?.([channel({ last_seq: 3 })])
  expect((await list)[0]?.last_seq).toBe(3)
})

test('C50 a read that is outdated before its answer is repeated, also the first one, a bounded number of times', async () => {
  const client = new QueryClient()
  const { answers, read } = slow<Channel[]>()
  const list = readCurrent(client, 'fieldnote', read, applyChannels, ({ at }) => at === 'refetch')
  const outdate = () => writeUpdates(client, 'fieldnote', [{ at: 'refetch', what: 'channels' }])
  outdate()
  answers[0]?.([channel({ name: 'old' })])
  await turns()
  expect(answers).toHaveLength(2)
  answers[1]?.([channel({ name: 'new' })])
  expect((await list)[0]?.name).toBe('new')

  const busy = slow<Channel[]>()
  const last = readCurrent(client, 'fieldnote', busy.read, applyChannels, ({ at }) => at === 'refetch')
  for (let at = 0; at < 4; at++) {
    outdate()
    busy.answers[at]?.([channel({ name: `read ${at}` })])
    await turns()
  }
  expect((await last)[0]?.name).toBe('read 3')
  expect(busy.answers).toHaveLength(4)
})

test('C50 a read with too many updates under way is repeated', async () => {
  const client = new QueryClient()
  const { answers, read } = slow<Channel[]>()
  const list = readCurrent(client, 'fieldnote', read, applyChannels)
  for (let seq = 1; seq <= 2_000; seq++)
    writeUpdates(client, 'fieldnote', applyFrame({ type: 'message', message: message(seq) }, reader, NOON))
  answers[0]?.([channel()])
  await turns()
  answers[1]?.([channel({ last_seq: 2_000 })])
  expect((await list)[0]?.last_seq).toBe(2_000)
})

test('after a gap in the events the own orgs are read again, too: their names and roles change by events', () => {
  const client = new QueryClient()
  client.setQueryData(keys.me(), { memberships: [] })
  client.setQueryData(keys.tasks('fieldnote'), [])
  writeUpdates(client, 'fieldnote', [{ at: 'refetch', what: 'everything' }])
  for (const key of [keys.me(), keys.tasks('fieldnote')])
    expect([key, client.getQueryState(key)?.isInvalidated]).toEqual([key, true])
})
