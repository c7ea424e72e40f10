import { afterEach, beforeEach, expect, test } from 'bun:test'
import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { AgentClient } from '../../src/server/agent-client.ts'
import { type Incoming, KeyRefused } from '../../src/server/port.ts'
import {
  event,
  type MisbehavingServer,
  misbehavingServer,
  OpenStream,
  ORG,
  refusal,
} from '../support/misbehaving-server.ts'
import { pump as pumpClock, Traffic } from '../support/pump.ts'

const LOG = 'abcd1234'
const STREAM = '/events/stream'
const MINUTE_MS = 60_000

let server: MisbehavingServer
let clock: FakeClock
let client: AgentClient
let traffic: Traffic
let observed: (number | null)[]
const abort: AbortController[] = []

beforeEach(() => {
  server = misbehavingServer()
  clock = new FakeClock()
  traffic = new Traffic()
  observed = []
  const { fetch } = traffic
  client = new AgentClient({
    url: server.url,
    org_slug: ORG,
    api_key: 'key',
    clock,
    random: () => 0.5,
    fetch,
    observe: ({ route, status }) => {
      if (route === `GET ${STREAM}`) observed.push(status)
    },
  })
})
afterEach(async () => {
  for (const one of abort.splice(0)) one.abort()
  client.close()
  await server.stop()
})

const pump = (step_ms: number, condition: () => boolean, what?: string) =>
  pumpClock(clock, step_ms, condition, what, traffic)

/** What a consumer got, and how the stream ended for it. */
function consume(cursor: string | null) {
  const controller = new AbortController()
  abort.push(controller)
  const items: Incoming[] = []
  const consumer = {
    items,
    error: undefined as unknown,
    ended: false,
    stop: () => controller.abort(),
    get sequences() {
      return items.flatMap((item) => (item.kind === 'event' ? [item.event.sequence] : []))
    },
    get cursor() {
      return items.flatMap((item) => ('cursor' in item && item.cursor !== null ? [item.cursor] : [])).at(-1)
    },
    ofKind: <K extends Incoming['kind']>(kind: K) =>
      items.filter((item): item is Extract<Incoming, { kind: K }> => item.kind === kind),
  }
  void (async () => {
    try {
      for await (const item of client.events(cursor, controller.signal)) items.push(item)
    } catch (error) {
      consumer.error = error
    }
    consumer.ended = true
  })()
  return consumer
}

/** The positions at which streams were asked for. */
const positions = () =>
  server.requests.flatMap(({ path, headers }) => (path === STREAM ? [headers.get('last-event-id')] : []))

test('B50 the first stream begins now and tells its position; events come with theirs', async () => {
  server.on(STREAM, () => new OpenStream().opened(LOG, 4, false).event(LOG, 5).heartbeat(LOG, 8).response)
  const got = consume(null)
  await pump(0, () => got.cursor === `${LOG}.8`)
  expect(got.items).toEqual([
    { kind: 'mode', mode: 'stream', reason: null },
    { kind: 'opened', cursor: `${LOG}.4` },
    { kind: 'event', event: expect.objectContaining({ sequence: 5 }), cursor: `${LOG}.5` },
    { kind: 'cursor', cursor: `${LOG}.8` },
  ])
  expect(positions()).toEqual([null])
})

test('B50 a stream that is cut in mid-frame resumes behind the last whole one: each event once, in order', async () => {
  server.on(STREAM, (_, n) => {
    const stream = new OpenStream().opened(LOG, 9, true)
    if (n === 1) {
      stream.event(LOG, 2).event(LOG, 3).text(`id: ${LOG}.4\ndata: {"sequence":4,"ty`).end()
      return stream.response
    }
    return stream.event(LOG, 4).event(LOG, 5).response
  })
  const got = consume(`${LOG}.1`)
  await pump(100, () => got.sequences.length === 4)
  expect(got.sequences).toEqual([2, 3, 4, 5])
  expect(positions()).toEqual([`${LOG}.1`, `${LOG}.3`])
  expect(got.ofKind('mode').map(({ mode }) => mode)).toEqual(['stream', 'connecting', 'stream'])
  expect(got.ofKind('opened').every(({ cursor }) => cursor === null)).toBe(true)
})

test('an event that comes again is not given out again', async () => {
  server.on(STREAM, () => {
    const stream = new OpenStream().opened(LOG, 9, true)
    return stream.event(LOG, 2).event(LOG, 2).event(LOG, 1).event(LOG, 3).response
  })
  const got = consume(`${LOG}.1`)
  await pump(0, () => got.sequences.includes(3))
  expect(got.sequences).toEqual([2, 3])
})

test('B98 each attempt to open a stream is observed: without other calls it tells whether the server answers', async () => {
  server.on(STREAM, (_, n) => {
    if (n === 1) return new Response('bad gateway', { status: 502 })
    return new OpenStream().opened(LOG, 7, false).response
  })
  const got = consume(null)
  await pump(100, () => got.ofKind('opened').length === 1)
  got.stop()
  expect(observed).toEqual([502, 200])
})

test('B52 a stream is dead after three heartbeats of silence, and not before', async () => {
  const streams: OpenStream[] = []
  server.on(STREAM, () => {
    const stream = new OpenStream().opened(LOG, 1, false, 4)
    streams.push(stream)
    return stream.response
  })
  const got = consume(null)
  await pump(0, () => got.items.length === 2)
  await clock.advance(11_000)
  streams[0]!.heartbeat(LOG, 2)
  await pump(0, () => got.cursor === `${LOG}.2`)
  await clock.advance(11_000)
  expect(got.ofKind('mode')).toHaveLength(1)
  await pump(500, () => streams.length === 2, 'another stream')
  expect(got.ofKind('mode')[1]).toMatchObject({ mode: 'connecting', reason: expect.stringContaining('12 s') })
  await pump(0, () => streams[0]!.cancelled, 'the first one to be let go of')
})

test('a stream without a first frame is given up after the request timeout', async () => {
  server.on(STREAM, (_, n) =>
    n === 1 ? new OpenStream().text(': hello\n').response : new OpenStream().opened(LOG, 1, false).response,
  )
  const got = consume(null)
  await pump(5_000, () => got.ofKind('opened').length === 1)
  expect(got.ofKind('mode')).toMatchObject([
    { mode: 'connecting', reason: 'nothing was heard for 10 s' },
    { mode: 'stream' },
  ])
  expect(positions()).toHaveLength(2)
})

test('a revoked session ends the events with the key refused', async () => {
  server.on(STREAM, () => {
    const stream = new OpenStream().opened(LOG, 1, false).event(LOG, 2)
    stream.frame({ type: 'session.revoked', payload: { reason: 'key' } }).end()
    return stream.response
  })
  const got = consume(null)
  await pump(0, () => got.ended)
  expect(got.error).toBeInstanceOf(KeyRefused)
  expect(got.sequences).toEqual([2])
})

test('401 ends the events with the key refused', async () => {
  server.on(STREAM, () => refusal(401, 'INVALID_API_KEY'))
  const got = consume(null)
  await pump(0, () => got.ended)
  expect(got.error).toBeInstanceOf(KeyRefused)
})

test('with another key in use the end of the old one only moves the stream', async () => {
  const old = new OpenStream().opened(LOG, 1, false)
  server.on(STREAM, (request, n) => {
    if (n === 1) return old.response
    expect(request.headers.get('authorization')).toBe('Bearer other')
    return new OpenStream().opened(LOG, 1, true).event(LOG, 2).response
  })
  const got = consume(null)
  await pump(0, () => got.items.length === 2)
  client.useKey('other')
  old.frame({ type: 'session.revoked', payload: { reason: 'expired' } })
  await pump(0, () => got.sequences.length === 1)
  expect(got.ended).toBe(false)
})

test('B54 a reset moves the position to the head of the other log', async () => {
  server.on(STREAM, () => {
    const stream = new OpenStream().opened('newlog99', 7, true)
    stream.frame({ type: 'events.reset', payload: { reason: 'other_log', head: 7 } }, 'newlog99.7')
    return stream.event('newlog99', 8).response
  })
  const got = consume(`${LOG}.400`)
  await pump(0, () => got.sequences.length === 1)
  expect(got.ofKind('reset')).toEqual([{ kind: 'reset', reason: 'other_log', cursor: 'newlog99.7' }])
  expect(got.sequences).toEqual([8])
})

test('B54 a position that the server does not read begins anew, as a reset', async () => {
  server.on(STREAM, (request) =>
    request.headers.get('last-event-id') === null
      ? new OpenStream().opened(LOG, 7, false).response
      : refusal(400, 'INVALID_CURSOR'),
  )
  const got = consume('no position')
  await pump(100, () => got.ofKind('reset').length === 1)
  expect(got.ofKind('reset')).toEqual([{ kind: 'reset', reason: 'invalid_cursor', cursor: `${LOG}.7` }])
})

test('B51 Retry-After is the least wait before the next stream', async () => {
  const asked_at: number[] = []
  server.on(STREAM, (_, n) => {
    asked_at.push(clock.now())
    return n === 1
      ? refusal(429, 'CONNECTION_LIMIT', { 'Retry-After': '40' })
      : new OpenStream().opened(LOG, 1, false).response
  })
  const got = consume(null)
  await pump(5_000, () => got.ofKind('opened').length === 1)
  expect(asked_at[1]! - asked_at[0]!).toBeGreaterThanOrEqual(40_000)
})

test('B51 the back-off grows to a minute while streams open and break at once', async () => {
  const asked_at: number[] = []
  server.on(STREAM, () => {
    asked_at.push(clock.now())
    const stream = new OpenStream().opened(LOG, 1, true)
    stream.end()
    return stream.response
  })
  server.on('/events', () => Response.json({ data: [], next_cursor: null }))
  consume(`${LOG}.1`)
  await pump(500, () => asked_at.length === 10)
  const gaps = asked_at.slice(1).map((at, n) => at - asked_at[n]!)
  // Half of each limit; requests add a little.
  for (const [n, limit_s] of [1, 2, 4, 8, 16, 32, 60, 60, 60].entries())
    expect(gaps[n]).toBeGreaterThanOrEqual(limit_s * 500)
})

test('notifications, which are no events of the log, and unknown frames are passed over', async () => {
  server.on(STREAM, () => {
    const stream = new OpenStream().opened(LOG, 1, true)
    stream.frame({ sequence: null, type: 'notification.created', payload: {} })
    stream.frame({ type: 'stream.weather', payload: {} })
    return stream.event(LOG, 2).response
  })
  const got = consume(`${LOG}.1`)
  await pump(0, () => got.sequences.length === 1)
  expect(got.items.map(({ kind }) => kind)).toEqual(['mode', 'opened', 'event'])
})

test('each other reason for the absence of a stream is said, the same one only once', async () => {
  server.on(STREAM, (_, n) => {
    if (n < 4) return refusal(503, 'UNAVAILABLE')
    return n < 6 ? refusal(404, 'ORG_NOT_FOUND') : new OpenStream().opened(LOG, 1, false).response
  })
  const got = consume(null)
  await pump(5_000, () => got.ofKind('opened').length === 1)
  expect(got.ofKind('mode').map(({ mode, reason }) => [mode, reason])).toEqual([
    ['connecting', expect.stringContaining('UNAVAILABLE')],
    ['connecting', expect.stringContaining('ORG_NOT_FOUND')],
    ['stream', null],
  ])
})

test('an answer that is no stream counts as none', async () => {
  server.on(STREAM, (_, n) =>
    n === 1 ? new Response('<html>Hello') : new OpenStream().opened(LOG, 1, false).response,
  )
  const got = consume(null)
  await pump(100, () => got.ofKind('opened').length === 1)
  expect(positions()).toHaveLength(2)
})

test('B53 after five minutes without a stream events are polled, until a stream carries something again', async () => {
  const polled_at: number[] = []
  let stream_works = false
  let head = 5
  server.on(STREAM, () => {
    if (!stream_works) return new Response('bad gateway', { status: 502 })
    return new OpenStream().opened(LOG, 9, true).event(LOG, 8).response
  })
  server.on('/events', (request) => {
    const query = new URL(request.url).searchParams
    polled_at.push(clock.now())
    expect(query.get('order')).toBe('asc')
    const from = Number((query.get('cursor') ?? query.get('after'))!.split('.')[1])
    const data = Array.from({ length: Math.min(2, head - from) }, (_, i) => event(from + 1 + i))
    const last = from + data.length
    return Response.json({ data, next_cursor: last < head ? `${LOG}.${last}` : null })
  })
  const began_at = clock.now()
  const got = consume(`${LOG}.1`)
  await pump(5_000, () => got.sequences.length === 4)
  expect(polled_at[0]! - began_at).toBeGreaterThanOrEqual(5 * MINUTE_MS)
  expect(got.sequences).toEqual([2, 3, 4, 5])
  expect(got.cursor).toBe(`${LOG}.5`)
  head = 7
  await pump(5_000, () => got.sequences.length === 6)
  expect(polled_at[2]! - polled_at[0]!).toBeGreaterThanOrEqual(30_000)
  stream_works = true
  await pump(5_000, () => got.sequences.length === 7)
  expect(got.sequences).toEqual([2, 3, 4, 5, 6, 7, 8])
  expect(got.ofKind('mode')).toEqual([
    { kind: 'mode', mode: 'connecting', reason: expect.stringContaining('502') },
    { kind: 'mode', mode: 'polling', reason: expect.stringContaining('502') },
    { kind: 'mode', mode: 'stream', reason: null },
  ])
})

test('B53 a stream that opens and brings nothing does not end polling', async () => {
  server.on(STREAM, () => {
    const stream = new OpenStream().opened(LOG, 9, true)
    stream.end()
    return stream.response
  })
  let polls = 0
  server.on('/events', () => {
    polls++
    return Response.json({ data: [], next_cursor: null })
  })
  const got = consume(`${LOG}.1`)
  await pump(5_000, () => polls === 4)
  const modes = got.ofKind('mode').map(({ mode }) => mode)
  expect(modes.filter((mode) => mode === 'polling')).toHaveLength(1)
  expect(modes.at(-1)).toBe('polling')
})

test('polling survives refusals, a foreign cursor and a slow server, and ends with a refused key', async () => {
  server.on(STREAM, () => refusal(503, 'UNAVAILABLE'))
  server.on('/events', (_, n) => {
    if (n === 1) return refusal(400, 'INVALID_CURSOR')
    if (n === 2) return Response.json({ data: [event(41)], next_cursor: 'newlog99.41' })
    if (n < 6) return refusal(403, 'FORBIDDEN')
    return n < 8 ? Response.json({ data: [event(42)], next_cursor: null }) : refusal(401, 'INVALID_API_KEY')
  })
  const got = consume(`${LOG}.1`)
  await pump(5_000, () => got.ended)
  expect(got.error).toBeInstanceOf(KeyRefused)
  expect(got.ofKind('reset')).toEqual([{ kind: 'reset', reason: 'invalid_cursor', cursor: 'newlog99.41' }])
  expect(got.sequences).toEqual([42])
  expect(got.cursor).toBe('newlog99.42')
})

test('polling without a position begins at the newest event', async () => {
  server.on(STREAM, () => refusal(503, 'UNAVAILABLE'))
  server.on('/events', (request) => {
    const query = new URL(request.url).searchParams
    if (query.get('order') === null) return Response.json({ data: [event(6)], next_cursor: `${LOG}.6` })
    expect(query.get('after')).toBe(`${LOG}.6`)
    return Response.json({ data: [event(7)], next_cursor: null })
  })
  const got = consume(null)
  await pump(5_000, () => got.sequences.length === 1)
  expect(got.items.slice(2)).toEqual([
    { kind: 'cursor', cursor: `${LOG}.6` },
    { kind: 'event', event: event(7) as never, cursor: `${LOG}.7` },
  ])
})

test('B50 the position moves only when the consumer asks on', async () => {
  server.on(STREAM, () => new OpenStream().opened(LOG, 1, true).event(LOG, 2).event(LOG, 3).response)
  const controller = new AbortController()
  for await (const item of client.events(`${LOG}.1`, controller.signal)) if (item.kind === 'event') break
  const got = consume(`${LOG}.1`)
  await pump(0, () => got.sequences.length === 2)
  expect(got.sequences).toEqual([2, 3])
})

test('an abort ends the events at once, whatever they wait for', async () => {
  server.on(STREAM, () => new OpenStream().response)
  const waiting = consume(null)
  await pump(0, () => positions().length === 1)
  waiting.stop()
  await pump(0, () => waiting.ended)
  server.on(STREAM, () => new OpenStream().opened(LOG, 1, false).response)
  const reading = consume(null)
  await pump(0, () => reading.ofKind('opened').length === 1)
  reading.stop()
  await pump(0, () => reading.ended)
  server.on(STREAM, () => refusal(503, 'UNAVAILABLE'))
  const backing_off = consume(null)
  await pump(0, () => backing_off.ofKind('mode').length === 1)
  backing_off.stop()
  await pump(0, () => backing_off.ended)
  for (const { error } of [waiting, reading, backing_off]) expect(error).toBeUndefined()
})
