import { afterAll, beforeAll, expect, test } from 'bun:test'
import { AgentClient } from '../../../bridge/src/server/agent-client.ts'
import {
  type Incoming,
  KeyRefused,
  ServerRefused,
  type WaitingDelivery,
} from '../../../bridge/src/server/port.ts'
import { MIN_BRIDGE_VERSION } from '../../../src/contracts/version.ts'
import { type Agent, addAgent, generalChannel, type Person, setUp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let agent: Agent
let general: string
const clients: AgentClient[] = []

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  agent = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(async () => {
  for (const client of clients) client.close()
  await server.stop()
})

function clientOf({ key }: Agent, options: Partial<ConstructorParameters<typeof AgentClient>[0]> = {}) {
  const client = new AgentClient({ url: server.url, org_slug: admin.org, api_key: key, ...options })
  clients.push(client)
  return client
}

/** Reads events into a list, as a consumer that stores positions. */
function consume(client: AgentClient, cursor: string | null = null) {
  const controller = new AbortController()
  const items: Incoming[] = []
  const done = (async () => {
    for await (const item of client.events(cursor, controller.signal)) items.push(item)
  })()
  return {
    items,
    done,
    stop: () => controller.abort(),
    is: (kind: Incoming['kind']) => items.some((item) => item.kind === kind),
    get sequences() {
      return items.flatMap((item) => (item.kind === 'event' ? [item.event.sequence] : []))
    },
    get contents() {
      return items.flatMap((item) =>
        item.kind === 'event' &&
        item.event.type === 'message.created' &&
        'content' in item.event.payload.message
          ? [item.event.payload.message.content]
          : [],
      )
    },
  }
}

test('calls speak the API of the server', async () => {
  const client = clientOf(agent)
  expect(await client.version()).toMatchObject({ min_bridge_version: MIN_BRIDGE_VERSION })
  expect(await client.me()).toMatchObject({ id: agent.user.id, type: 'agent' })
  expect((await client.users()).map(({ id }) => id)).toContain(admin.user_id)
  expect((await client.channels()).map(({ id }) => id)).toContain(general)
  expect(await client.projects()).toEqual([])
  const message = { content: 'Hello', client_id: 'hello-1' }
  const posted = await client.post(general, message)
  expect((await client.post(general, message)).id).toBe(posted.id)
  expect((await client.messages(general, { limit: 500 })).map(({ id }) => id)).toContain(posted.id)
  expect(await client.messages(general, { before: posted.seq, limit: 1 })).toHaveLength(
    posted.seq > 1 ? 1 : 0,
  )
  expect(client.task(crypto.randomUUID())).rejects.toBeInstanceOf(ServerRefused)
  await client.registerCommands([{ name: 'deploy', description: 'Deploys', args_hint: '<branch>' }])
  await client.subscribe({ mode: 'all', topics: [] })
  await client.deliver(general, posted.seq, 'working', 'Waits: the gateway is away')
  await client.deliver(general, posted.seq, 'answered')
  await client.deliver(general, posted.seq, 'queued')
  const [stored] = await client.messages(general, { after: posted.seq - 1, limit: 1 })
  expect(stored?.deliveries).toMatchObject([{ agent_id: agent.user.id, state: 'answered' }])
  const report = { name: 'mc-bridge', version: '0.1.0', wake: 'mention', state: 'ready' } as const
  await client.reportClient({ ...report, detail: null, gateway: { version: '2026.9.6', connected: true } })
  expect((await client.me()).client).toMatchObject(report)
})

test('typing reaches the others', async () => {
  const other = await WsJournal.open(
    `${server.url}/api/v1/orgs/${admin.org}/channels/ws`,
    { Cookie: admin.cookieHeader, Origin: server.url },
    {},
  )
  const client = clientOf(agent)
  await until(() => {
    client.typing(general)
    return other.ofType('typing').length > 0
  }, 'typing')
  expect(other.ofType('typing')[0]).toMatchObject({ channel_id: general, user_id: agent.user.id })
  other.close()
})

test('a delivery that a person queues again is heard of and listed', async () => {
  const client = clientOf(agent)
  const heard: WaitingDelivery[] = []
  let opened = false
  client.onDelivery(
    (delivery) => heard.push(delivery),
    () => {
      opened = true
    },
  )
  await until(() => opened, 'the socket')
  const { seq } = await client.post(general, { content: 'mine', client_id: 'queued-1' })
  await client.deliver(general, seq, 'failed', 'The model is away.')
  expect(await client.waitingDeliveries()).toEqual([])
  await admin.in('POST', `/channels/${general}/messages/${seq}/deliveries/${agent.user.id}/retry`)
  await until(() => heard.length === 1, 'the delivery')
  expect(heard).toMatchObject([{ channel_id: general, seq }])
  expect(await client.waitingDeliveries()).toMatchObject([{ channel_id: general, seq }])
})

test('the server is killed and started again while events stream: each comes once, in order', async () => {
  const client = clientOf(agent)
  const got = consume(client)
  await until(() => got.is('opened'), 'the stream')
  const poster = clientOf(agent, { tries: 60 })
  const sent: string[] = []
  const post = async (count: number) => {
    for (let n = 0; n < count; n++) {
      const content = `streamed ${sent.length}`
      await poster.post(general, { content, client_id: content })
      sent.push(content)
    }
  }
  await post(20)
  for (let kill = 0; kill < 2; kill++) {
    const posting = post(40)
    await until(() => got.contents.length >= sent.length - 10 && sent.length >= 30 + kill * 40)
    await server.kill('SIGKILL')
    await server.restart()
    await posting
  }
  await post(10)
  await until(() => got.contents.length >= sent.length, 'the last message')
  expect(got.contents).toEqual(sent)
  const { sequences } = got
  expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b))
  got.stop()
  await got.done
})

test('without a stream events are polled; when it can be reached again it goes on behind them', async () => {
  let cut = true
  // Five minutes pass at the first look at the clock after the start.
  let skipped_ms = 0
  const client = clientOf(agent, {
    clock: {
      now: () => Date.now() + skipped_ms,
      after(delay_ms, fire) {
        const handle = setTimeout(fire, Math.min(delay_ms, 500))
        return () => clearTimeout(handle)
      },
    },
    fetch: (url, init) =>
      cut && url.includes('/events/stream')
        ? Promise.reject(new TypeError('The stream is cut'))
        : fetch(url, init),
  })
  const got = consume(client)
  skipped_ms = 5 * 60_000
  await until(() => got.is('cursor'), 'the position of the newest event')
  await agent.in('POST', `/channels/${general}/messages`, { content: 'while it is cut' })
  await until(() => {
    skipped_ms += 1_000
    return got.contents.length === 1
  }, 'a polled event')
  cut = false
  await agent.in('POST', `/channels/${general}/messages`, { content: 'while it comes back' })
  await until(() => got.contents.length === 2, 'an event of the stream')
  expect(got.contents).toEqual(['while it is cut', 'while it comes back'])
  expect(got.items.flatMap((item) => (item.kind === 'mode' ? [item.mode] : []))).toEqual([
    'connecting',
    'polling',
    'stream',
  ])
  expect(got.sequences).toEqual([...new Set(got.sequences)].toSorted((a, b) => a - b))
  got.stop()
  await got.done
})

test('a revoked key ends the events, a rotated one goes on with its successor', async () => {
  const doomed = await addAgent(admin, 'doomed')
  const client = clientOf(doomed)
  const got = consume(client)
  const ended = got.done.catch((error: unknown) => error)
  await until(() => got.is('opened'), 'the stream')
  const rotated = await admin.in<{ api_key: string }>('POST', `/users/${doomed.user.id}/api-keys/rotate`, {
    grace_hours: 1,
  })
  client.useKey(rotated.body.api_key)
  expect(await client.me()).toMatchObject({ id: doomed.user.id })
  await admin.in('DELETE', `/users/${doomed.user.id}/api-keys`)
  expect(await ended).toBeInstanceOf(KeyRefused)
  expect(client.me()).rejects.toBeInstanceOf(KeyRefused)
})
