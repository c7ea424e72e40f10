import { expect, test } from 'bun:test'
import { QueryClient } from '@tanstack/vue-query'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import type { SignedIn } from '../src/api/auth.ts'
import { keys } from '../src/api/keys.ts'
import { DeviceCache } from '../src/device/device-cache.ts'
import { MemoryDeviceStore } from '../src/device/device-store.ts'
import { KEPT_LOGS_MAX, KEPT_MESSAGES_MAX } from '../src/device/kept.ts'
import type { MessageLog } from '../src/realtime/message-log.ts'
import { CHANNEL, channel, ME, message, OTHER } from './support/samples.ts'

const NOW = Date.parse('2026-11-19T12:00:00.000Z')

function signedIn(user_id: string): SignedIn {
  const org = { id: 'org', slug: 'fieldnote', name: 'Fieldnote' }
  return {
    user: { id: user_id, display_name: 'Ines Carvalho', email: 'ines@example.com', language: null },
    memberships: [{ org, user_id, display_name: 'Ines Carvalho', role: 'contributor' }],
    session: { id: 'session', expires_at: '2026-11-26T12:00:00.000Z' },
  }
}

/** A device, and the start of a page on it. */
function device(store = new MemoryDeviceStore()) {
  let owner: string | undefined
  const clock = new FakeClock(NOW)
  const start = () => {
    const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } })
    const cache = new DeviceCache(client, {
      store,
      timers: clock,
      owner: {
        get: () => owner,
        set: (user_id) => {
          owner = user_id
        },
      },
      failed: (stage, error) => {
        throw new Error(stage, { cause: error })
      },
    })
    cache.start()
    return { client, cache }
  }
  return { start, clock, store }
}

const log = (count: number): MessageLog => ({
  messages: Array.from({ length: count }, (_, at) => message(at + 1)),
  has_older: false,
  has_newer: false,
})
const MESSAGES = keys.messages('fieldnote', CHANNEL)

/** A page on which a person has read a channel. */
async function read(from: ReturnType<typeof device>, user_id = ME, count = 3) {
  const page = from.start()
  page.cache.own(user_id)
  page.client.setQueryData(keys.me(), signedIn(user_id))
  page.client.setQueryData(keys.channels('fieldnote'), [channel({ last_seq: count })])
  page.client.setQueryData(MESSAGES, log(count))
  page.client.setQueryData(['version'], { version: '1' })
  await from.clock.advance(2_000)
  await page.cache.settled()
  return page
}

test('what was read is there after a start without a connection, and is stale', async () => {
  const here = device()
  await read(here)
  const { client, cache } = here.start()
  expect(await cache.restore()).toBe(ME)
  expect(client.getQueryData(MESSAGES)).toEqual(log(3))
  expect(client.getQueryState(MESSAGES)?.isInvalidated).toBe(true)
  expect(client.getQueryData(['version'])).toBeUndefined()
})

test('of a long channel the newest messages are kept', async () => {
  const here = device()
  await read(here, ME, KEPT_MESSAGES_MAX + 20)
  const { client, cache } = here.start()
  await cache.restore()
  const kept = client.getQueryData<MessageLog>(MESSAGES)
  expect(kept).toMatchObject({ has_older: true, has_newer: false })
  expect(kept?.messages.map(({ seq }) => seq).at(0)).toBe(21)
  expect(kept?.messages).toHaveLength(KEPT_MESSAGES_MAX)
})

test('of many channels those written last are kept', async () => {
  const here = device()
  const page = await read(here)
  const ids = Array.from({ length: KEPT_LOGS_MAX + 2 }, (_, at) => `channel-${at}`)
  const list = [CHANNEL, ...ids].map((id) => channel({ id }))
  page.client.setQueryData(keys.channels('fieldnote'), list)
  for (const id of ids) {
    page.client.setQueryData(keys.messages('fieldnote', id), log(1))
    await here.clock.advance(2_000)
  }
  await page.cache.settled()
  const logs = (await here.store.list(ME)).filter(({ key }) => key.includes('"messages"'))
  expect(logs).toHaveLength(KEPT_LOGS_MAX)
  expect(logs.some(({ key }) => key.includes(ids.at(-1) ?? ''))).toBe(true)
  expect(logs.some(({ key }) => key.includes(CHANNEL))).toBe(false)
})

test('a channel or an org that is no longer the reader’s is removed', async () => {
  const here = device()
  const page = await read(here)
  page.client.setQueryData(keys.channels('fieldnote'), [channel({ id: 'another' })])
  await here.clock.advance(2_000)
  await page.cache.settled()
  expect((await here.store.list(ME)).map(({ key }) => key)).not.toContain(JSON.stringify(MESSAGES))
  page.client.setQueryData(keys.me(), { ...signedIn(ME), memberships: [] })
  await here.clock.advance(2_000)
  await page.cache.settled()
  expect((await here.store.list(ME)).map(({ key }) => key)).toEqual([JSON.stringify(keys.me())])
})

test('sign-out removes everything, and another open tab writes nothing afterwards', async () => {
  const here = device()
  const page = await read(here)
  const tab = await read(here)
  tab.client.setQueryData(MESSAGES, log(4))
  await page.cache.forget(ME)
  await here.clock.advance(60_000)
  await tab.cache.settled()
  expect(await here.store.list(ME)).toEqual([])
  expect(await here.start().cache.restore()).toBeUndefined()
})

test('the next person sees nothing of the one before', async () => {
  const here = device()
  await read(here)
  await read(here, OTHER)
  expect(await here.store.list(ME)).toEqual([])
  expect(await here.start().cache.restore()).toBe(OTHER)
})

test('a session that has ended shows nothing more', async () => {
  const here = device()
  await read(here)
  await here.clock.advance(8 * 24 * 60 * 60_000)
  expect(await here.start().cache.restore()).toBeUndefined()
  expect(await here.store.list(ME)).toEqual([])
})
