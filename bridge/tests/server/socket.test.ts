import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { Server, ServerWebSocket } from 'bun'
import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { AgentClient } from '../../src/server/agent-client.ts'
import type { WaitingDelivery } from '../../src/server/port.ts'
import { CHANNEL } from '../support/misbehaving-server.ts'
import { pump } from '../support/pump.ts'

const OTHER_CHANNEL = '0197a5d2-1111-7000-8000-000000000002'
const AGENT = '0197a5d2-2222-7000-8000-000000000001'
const OTHER_AGENT = '0197a5d2-2222-7000-8000-000000000002'

let server: Server<undefined>
let clock: FakeClock
let client: AgentClient
/** Sockets that are open, frames that came, keys and times of upgrades. */
let sockets: ServerWebSocket<undefined>[]
let frames: { type: string; channel_id?: string }[]
let upgrades: { at: number; key: string | null }[]
let silent: boolean
let upgrade: (n: number) => Response | undefined

beforeEach(() => {
  sockets = []
  frames = []
  upgrades = []
  silent = false
  upgrade = () => undefined
  clock = new FakeClock()
  server = Bun.serve({
    port: 0,
    fetch(request, self) {
      upgrades.push({ at: clock.now(), key: request.headers.get('authorization') })
      const refused = upgrade(upgrades.length)
      if (refused) return refused
      return self.upgrade(request) ? undefined : new Response('no upgrade', { status: 400 })
    },
    websocket: {
      open: (socket) => {
        sockets.push(socket)
      },
      close: (socket) => {
        sockets.splice(sockets.indexOf(socket), 1)
      },
      message(socket, text) {
        const frame = JSON.parse(String(text))
        frames.push(frame)
        if (frame.type === 'hello')
          socket.send(JSON.stringify({ type: 'ready', log: 'abcd1234', user_id: AGENT, channels: [] }))
        if (frame.type === 'ping' && !silent) socket.send(JSON.stringify({ type: 'pong' }))
      },
    },
  })
  client = new AgentClient({
    url: `http://localhost:${server.port}`,
    org_slug: 'fieldnote',
    api_key: 'key',
    clock,
    random: () => 0.5,
  })
})
afterEach(async () => {
  client.close()
  await server.stop(true)
})

/** Listens for deliveries and waits until the socket is usable. */
async function listening(): Promise<{ heard: WaitingDelivery[]; opened: () => number }> {
  const heard: WaitingDelivery[] = []
  let opened = 0
  client.onDelivery(
    (delivery) => heard.push(delivery),
    () => opened++,
  )
  await pump(clock, 100, () => opened === 1, 'the socket')
  return { heard, opened: () => opened }
}

const typed = () => frames.flatMap(({ type, channel_id }) => (type === 'typing' ? [channel_id] : []))
const delivery = (agent_id: string, state: string, seq: number) =>
  JSON.stringify({ type: 'delivery', channel_id: CHANNEL, seq, agent_id, state, detail: 'again' })

test('a client that never types and never listens opens no socket', async () => {
  await pump(clock, 1_000, () => clock.now() > 1_700_000_010_000)
  expect(upgrades).toEqual([])
})

test('B57 typing is repeated every two seconds per channel at most', async () => {
  await listening()
  expect(upgrades[0]!.key).toBe('Bearer key')
  expect(frames[0]).toEqual({ type: 'hello' })
  for (let n = 0; n < 40; n++) {
    client.typing(CHANNEL)
    if (n % 20 === 0) client.typing(OTHER_CHANNEL)
    await clock.advance(100)
  }
  client.typing('end')
  await pump(clock, 0, () => typed().includes('end'))
  expect(typed()).toEqual([CHANNEL, OTHER_CHANNEL, CHANNEL, OTHER_CHANNEL, 'end'])
})

test('typing before the socket is open is lost without an error, and opens it', async () => {
  client.typing(CHANNEL)
  await pump(clock, 0, () => frames.length === 1)
  await pump(clock, 2_000, () => {
    client.typing(CHANNEL)
    return typed().length > 0
  })
})

test('only own deliveries that are queued are heard of', async () => {
  const { heard } = await listening()
  const [socket] = sockets
  socket!.send(delivery(OTHER_AGENT, 'queued', 1))
  socket!.send(delivery(AGENT, 'working', 2))
  socket!.send('{"type":"delivery"')
  socket!.send('nonsense "type":"delivery"')
  socket!.send(JSON.stringify({ type: 'message', message: { content: delivery(AGENT, 'queued', 3) } }))
  socket!.send(delivery(AGENT, 'queued', 4))
  await pump(clock, 0, () => heard.length > 0)
  expect(heard).toEqual([{ channel_id: CHANNEL, seq: 4, detail: 'again' }])
})

test('a listener that ended hears nothing, a late one is told that the socket is open', async () => {
  const { heard } = await listening()
  const late: unknown[] = []
  const end = client.onDelivery(
    (one) => late.push(one),
    () => late.push('opened'),
  )
  expect(late).toEqual(['opened'])
  end()
  sockets[0]!.send(delivery(AGENT, 'queued', 1))
  await pump(clock, 0, () => heard.length === 1)
  expect(late).toEqual(['opened'])
})

test('a cut socket comes back with back-off, and says that it was away', async () => {
  upgrade = (n) => (n > 1 && n < 7 ? new Response('busy', { status: 503 }) : undefined)
  const { opened, heard } = await listening()
  sockets[0]!.terminate()
  await pump(clock, 250, () => opened() === 2, 'the socket to come back')
  const gaps = upgrades.slice(1).map(({ at }, n) => at - upgrades[n]!.at)
  for (const [n, limit_s] of [1, 2, 4, 8, 16, 32].entries())
    expect(gaps[n]).toBeGreaterThanOrEqual(limit_s * 500)
  sockets[0]!.send(delivery(AGENT, 'queued', 1))
  await pump(clock, 0, () => heard.length === 1)
})

test('a server that falls silent is left', async () => {
  const { opened } = await listening()
  // Pings are answered: an idle socket stays.
  for (let n = 0; n < 6; n++) {
    const answered = frames.filter(({ type }) => type === 'ping').length
    await clock.advance(30_000)
    await pump(clock, 0, () => frames.filter(({ type }) => type === 'ping').length > answered)
  }
  await pump(clock, 0, () => opened() === 1)
  silent = true
  await pump(clock, 10_000, () => opened() === 2, 'another socket')
  expect(sockets).toHaveLength(1)
})

test('a revoked key ends the attempts, another key begins them anew', async () => {
  const { opened } = await listening()
  sockets[0]!.close(4001, 'revoked')
  await pump(clock, 0, () => clock.waiting === 0, 'the client to see it')
  await clock.advance(600_000)
  expect(upgrades).toHaveLength(1)
  client.useKey('other')
  await pump(clock, 100, () => opened() === 2)
  expect(upgrades[1]!.key).toBe('Bearer other')
})

test('closing ends the socket for good', async () => {
  await listening()
  client.close()
  await pump(clock, 1_000, () => sockets.length === 0)
  client.typing(CHANNEL)
  await clock.advance(600_000)
  expect(upgrades).toHaveLength(1)
  expect(clock.waiting).toBe(0)
})
