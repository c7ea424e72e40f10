import type { StreamEnvelope } from '../../../src/contracts/events.ts'
import { describe, outcomeOf } from './answer.ts'
import type { Connection } from './connection.ts'
import { KeyRefused } from './port.ts'
import { SseReader } from './sse-reader.ts'

/** A stream without data for this many heartbeat intervals counts as dead. */
const HEARTBEATS_MISSED = 3
/** Until the server has said its own. */
const HEARTBEAT_MS = 15_000
const HEARTBEAT_MS_MIN = 1_000
const HEARTBEAT_MS_MAX = 5 * 60_000

/** A frame of the stream, or null for a heartbeat; `cursor` is the position after it. */
export interface StreamItem {
  frame: StreamEnvelope | null
  cursor: string
}

/** A stream that could not be opened, or that ended. */
export class StreamFailed extends Error {
  override name = 'StreamFailed'
  readonly code: string | null
  /** Milliseconds. */
  readonly retry_after_ms: number

  constructor(reason: string, code: string | null = null, retry_after_ms = 0) {
    super(reason)
    this.code = code
    this.retry_after_ms = retry_after_ms
  }
}

/**
 * One connection to the event stream, from `cursor` or from now on, read at the pace of the consumer. The first frame must come
 * within the request timeout, later data within three heartbeats. Throws `StreamFailed` at its end, `KeyRefused` when the
 * server does not take the key any more.
 */
export async function* readStream(
  connection: Connection,
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<StreamItem, never> {
  const ended = new AbortController()
  const watch = new Watchdog(connection, () => ended.abort())
  let heartbeat_ms = HEARTBEAT_MS
  let comments = 0
  let opened = false
  try {
    watch.expect(connection.request_timeout_ms)
    const body = await open(connection, cursor, signal, ended.signal)
    const sse = new SseReader()
    const decoder = new TextDecoder()
    const reader = body.getReader()
    for (;;) {
      const { value, done } = await reader.read()
      if (opened) watch.rest()
      if (done) throw new StreamFailed('the server ended the stream')
      for (const { data, last_event_id } of sse.push(decoder.decode(value, { stream: true }))) {
        const frame = parse(data)
        if (frame.type === 'stream.opened') {
          opened = true
          watch.rest()
          const said_ms = frame.payload.heartbeat_seconds * 1000 || HEARTBEAT_MS
          heartbeat_ms = Math.min(Math.max(said_ms, HEARTBEAT_MS_MIN), HEARTBEAT_MS_MAX)
        }
        if (frame.type === 'session.revoked')
          throw new KeyRefused(`the server revoked the session (${frame.payload.reason})`)
        yield { frame, cursor: last_event_id }
      }
      if (!opened) continue
      // A heartbeat carries a cursor too: it moves past events that the filter skipped.
      if (sse.comments > comments) yield { frame: null, cursor: sse.last_event_id }
      comments = sse.comments
      watch.expect(heartbeat_ms * HEARTBEATS_MISSED)
    }
  } catch (error) {
    if (error instanceof StreamFailed || error instanceof KeyRefused) throw error
    throw new StreamFailed(watch.silence ?? `the connection broke (${describe(error)})`)
  } finally {
    watch.rest()
    ended.abort()
  }
}

async function open(
  connection: Connection,
  cursor: string | null,
  signal: AbortSignal,
  late: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const { key, user_agent, clock } = connection
  if (!key.sendable) throw new KeyRefused('the key holds characters that no key has')
  const answer = await observed(connection, signal, {
    headers: {
      Authorization: `Bearer ${key.value}`,
      Accept: 'text/event-stream',
      'User-Agent': user_agent,
      ...(cursor === null ? {} : { 'Last-Event-ID': cursor }),
    },
    signal: AbortSignal.any([signal, late]),
  })
  const is_stream = answer.headers.get('content-type')?.includes('text/event-stream') ?? false
  if (answer.status === 200 && answer.body && is_stream) return answer.body
  const outcome = await outcomeOf(answer, clock.now())
  if (outcome.kind === 'key_refused') throw new KeyRefused(outcome.reason)
  if (outcome.kind === 'away')
    throw new StreamFailed(`the server answers ${outcome.reason}`, outcome.code, outcome.retry_after_ms)
  if (outcome.kind === 'ok') throw new StreamFailed('the answer is not a stream')
  throw new StreamFailed(
    `the server refuses: ${outcome.status} ${outcome.code}: ${outcome.reason}`,
    outcome.code,
  )
}

/** An attempt is a call like others: without other calls it alone tells whether the server answers. */
async function observed(
  { base, clock, fetch, observe }: Connection,
  signal: AbortSignal,
  init: Parameters<Connection['fetch']>[1],
): Promise<Response> {
  const route = '/events/stream'
  const began_at = clock.now()
  let status: number | null = null
  try {
    const answer = await fetch(`${base}${route}`, init)
    status = answer.status
    return answer
  } finally {
    // The end of the client says nothing about the server.
    if (status !== null || !signal.aborted)
      observe({ route: `GET ${route}`, status, duration_ms: clock.now() - began_at })
  }
}

function parse(data: string): StreamEnvelope {
  try {
    return JSON.parse(data) as StreamEnvelope
  } catch {
    throw new StreamFailed('a frame is not JSON')
  }
}

/** Ends a connection that is silent for too long. It does not run while the consumer is at work. */
class Watchdog {
  /** What was missed, in words; null when nothing was. */
  silence: string | null = null
  readonly #connection: Connection
  readonly #bite: () => void
  #cancel: () => void = () => undefined

  constructor(connection: Connection, bite: () => void) {
    this.#connection = connection
    this.#bite = bite
  }

  expect(within_ms: number): void {
    this.#cancel = this.#connection.clock.after(within_ms, () => {
      this.silence = `nothing was heard for ${within_ms / 1000} s`
      this.#bite()
    })
  }

  rest(): void {
    this.#cancel()
  }
}
