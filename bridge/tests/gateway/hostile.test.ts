import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FakeClock, settle } from '../../../tests/support/fake-clock.ts'
import { GatewayClient } from '../../src/gateway/client.ts'
import { FakeSockets } from './fake-socket.ts'

const KEY = 'agent:main:mc:acme:project:1'
const STATES = ['delta', 'final', 'aborted', 'error', 'status', 5, null]

/** Frames that look like those of the protocol, with members of any type. */
const frame = fc.oneof(
  fc.record({
    type: fc.constant('event'),
    event: fc.constantFrom('chat', 'agent', 'tick', 'shutdown', 'connect.challenge', 'x'),
    payload: fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          sessionKey: fc.constantFrom(KEY, KEY.toUpperCase(), 'agent:main:main', 7),
          runId: fc.oneof(fc.string(), fc.jsonValue()),
          state: fc.constantFrom(...STATES),
          stream: fc.constantFrom('lifecycle', 'assistant'),
          data: fc.jsonValue(),
          deltaText: fc.jsonValue(),
          message: fc.oneof(fc.jsonValue(), fc.record({ content: fc.jsonValue() })),
          errorMessage: fc.jsonValue(),
        },
        { requiredKeys: ['sessionKey'] },
      ),
    ),
  }),
  fc.record({
    type: fc.constant('res'),
    id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    ok: fc.constantFrom(true, false, null),
    payload: fc.oneof(
      fc.jsonValue(),
      fc.record({ status: fc.constantFrom('accepted', 'ok', 'error', 1), result: fc.jsonValue() }),
    ),
    error: fc.jsonValue(),
  }),
  fc.jsonValue(),
)

test('B64 whatever a gateway says, the client neither throws nor makes up an event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (frames) => {
      const clock = new FakeClock()
      const sockets = new FakeSockets()
      const problems: unknown[] = []
      const client = new GatewayClient({
        url: 'ws://gateway.test',
        auth: { kind: 'token', token: 't' },
        owns: (key) => key === KEY,
        version: '1',
        clock,
        random: () => 0.5,
        open: sockets.open,
        report: (_stage, error) => void problems.push(error),
      })
      client.onEvent((event) => {
        expect(event.session_key).toBe(KEY)
        expect(event.run_id).toBeString()
        for (const text of 'text' in event ? [event.text] : []) expect(text).toBeString()
        for (const reason of 'reason' in event ? [event.reason] : []) expect(reason).toBeString()
      })
      await settle()
      sockets.last.challenge()
      await settle()
      sockets.last.hello()
      await settle()
      const waits = [
        client.startTurn({ session_key: KEY, run_id: 'run', message: 'x' }),
        client.history(KEY, 5),
        client.agents(),
      ].map((call) => call.catch(() => undefined))
      for (const said of frames) sockets.last.say(JSON.stringify(said))
      await settle()
      await client.close()
      await Promise.all(waits)
      expect(problems).toEqual([])
      expect(clock.waiting).toBe(0)
    }),
    { numRuns: 300 },
  )
})

/** A client on fake sockets and a fake clock; the link is looked at from outside. */
function connecting() {
  const clock = new FakeClock()
  const sockets = new FakeSockets()
  const client = new GatewayClient({
    url: 'ws://gateway.test',
    auth: { kind: 'token', token: 't' },
    owns: (key) => key === KEY,
    version: '1',
    clock,
    random: () => 0.5,
    open: sockets.open,
  })
  return { clock, sockets, client }
}

test.each([
  [1e300, 5 * 60_000],
  [1e-9, 100],
])('B64 a gateway that wants to be asked again in %d ms is asked again in %d ms', async (said, after_ms) => {
  const { clock, sockets, client } = connecting()
  await settle()
  sockets.last.challenge()
  await settle()
  sockets.last.refuse('connect', { code: 'UNAVAILABLE', message: 'x', retryable: true, retryAfterMs: said })
  await settle()
  expect(sockets.all).toHaveLength(1)
  await clock.advance(after_ms - 1)
  await settle()
  expect(sockets.all).toHaveLength(1)
  await clock.advance(1)
  await settle()
  expect(sockets.all).toHaveLength(2)
  await client.close()
})

test.each([
  [1e300, 2 * 5 * 60_000],
  [1e-9, 2 * 50],
])(
  'B64 a gateway that names a tick of %d ms counts as dead after %d ms of silence',
  async (tick_ms, dead_ms) => {
    const { clock, sockets, client } = connecting()
    await settle()
    sockets.last.challenge()
    await settle()
    sockets.last.hello({ tick_ms })
    await settle()
    await clock.advance(dead_ms - 1)
    await settle()
    expect(client.link.status).toBe('connected')
    await clock.advance(1)
    await settle()
    expect(client.link.status).toBe('away')
    await client.close()
  },
)
