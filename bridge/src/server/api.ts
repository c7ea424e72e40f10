import { pause } from '../clock.ts'
import { describe, type Outcome, outcomeOf } from './answer.ts'
import { backOffMs } from './back-off.ts'
import type { Connection } from './connection.ts'
import { KeyRefused, ServerAway, ServerRefused } from './port.ts'

/** A call does not wait longer than this between its tries: its caller knows better what to do meanwhile. */
const WAIT_MS_MAX = 20_000

/** One call of the API. A POST carries its own idempotency: a `client_id` or a state that only moves forward. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT'
  /** Path with placeholders, for metrics and errors. */
  route: string
  /** The same filled in, with its query. */
  path: string
  /** The path is below the server's address instead of the org's, and the key is not sent. */
  of_server?: boolean
  body?: unknown
  /** Ends the call with `ServerAway`. */
  signal?: AbortSignal
}

/** Calls of the API with a time limit and retries. */
export class Api {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * The body of the answer. Throws `KeyRefused` for 401, `ServerRefused` for every other refusal, `ServerAway` after the last
   * try, or at once when the server asks for a wait of more than 20 s.
   */
  async call<T>(call: Call): Promise<T> {
    const { tries, clock, random, closed, key } = this.#connection
    const what = `${call.method} ${call.route}`
    const signal = call.signal ? AbortSignal.any([closed, call.signal]) : closed
    for (let count = 1; ; count++) {
      const used = key.value
      const outcome = await this.#try(call, signal)
      if (outcome.kind === 'ok') return outcome.body as T
      if (outcome.kind === 'refused')
        throw new ServerRefused(what, outcome.status, outcome.code, outcome.reason)
      if (outcome.kind === 'key_refused') {
        if (key.value === used) throw new KeyRefused(`${what}: ${outcome.reason}`)
        continue
      }
      const { reason, code, retry_after_ms } = outcome
      const wait_ms = retry_after_ms + backOffMs(count, random)
      if (count >= tries || wait_ms > WAIT_MS_MAX || signal.aborted)
        throw new ServerAway(`${what}: ${reason}`, retry_after_ms, code)
      await pause(clock, wait_ms, signal)
    }
  }

  async #try(call: Call, signal: AbortSignal): Promise<Outcome> {
    const { base, url, key, request_timeout_ms, clock, user_agent, observe } = this.#connection
    if (!call.of_server && !key.sendable)
      return { kind: 'key_refused', reason: 'the key holds characters that no key has' }
    const began_at = clock.now()
    const late = new AbortController()
    const cancel = clock.after(request_timeout_ms, () => late.abort())
    let status: number | null = null
    try {
      const answer = await this.#connection.fetch((call.of_server ? url : base) + call.path, {
        method: call.method,
        headers: {
          'User-Agent': user_agent,
          ...(call.of_server ? {} : { Authorization: `Bearer ${key.value}` }),
          ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: AbortSignal.any([signal, late.signal]),
      })
      status = answer.status
      return await outcomeOf(answer, clock.now())
    } catch (error) {
      const reason = signal.aborted
        ? 'ended'
        : late.signal.aborted
          ? `no answer within ${request_timeout_ms / 1000} s`
          : `no answer (${describe(error)})`
      return { kind: 'away', reason, code: null, retry_after_ms: 0 }
    } finally {
      cancel()
      observe({ route: `${call.method} ${call.route}`, status, duration_ms: clock.now() - began_at })
    }
  }
}
