/** A client of an OpenClaw Gateway that stays connected: reconnects by itself and keeps no queue. */
import { type Clock, systemClock } from '../clock.ts'
import { type Connection, refused } from './connection.ts'
import { EventReader } from './events.ts'
import type { GatewayAuth } from './handshake.ts'
import { HISTORY_ROWS_MAX, historyOf } from './history.ts'
import { arrayOf, nameOf, objectOf } from './json.ts'
import {
  type CommandRequest,
  type ConnectedLink,
  type Gateway,
  GatewayAway,
  type GatewayEvent,
  type History,
  type Link,
  type TurnReply,
  type TurnRequest,
} from './port.ts'
import { agentReply, waitReply } from './replies.ts'
import type { Answer } from './requests.ts'
import { type OpenSocket, openWebSocket } from './socket.ts'
import { Supervisor } from './supervisor.ts'

export interface GatewayOptions {
  /** `ws://` or `wss://`. */
  url: string
  auth: GatewayAuth
  /** Whether a session is the bridge's; gets keys in lower case. Events of all others are dropped unseen. */
  owns(session_key: string): boolean
  /** Version of this bridge. */
  version: string
  /** Gets what a listener threw, and failures of the device's file. */
  report?(stage: string, error: unknown): void
  clock?: Clock
  random?: () => number
  open?: OpenSocket
}

/** `agent.wait` answers within the client's own time for requests. */
const WAIT_MS_MAX = 25_000

/** Why `connected` rejected: the link is refused. The message says what a person can do. */
export class LinkRefused extends Error {
  override name = 'LinkRefused'
}

export class GatewayClient implements Gateway {
  readonly #options: GatewayOptions
  readonly #supervisor: Supervisor
  readonly #reader: EventReader
  readonly #link_listeners = new Set<(link: Link) => void>()
  readonly #event_listeners = new Set<(event: GatewayEvent) => void>()

  /** Begins to connect at once. */
  constructor(options: GatewayOptions) {
    this.#options = options
    this.#reader = new EventReader((key) => options.owns(key))
    const { url, auth, version } = options
    this.#supervisor = new Supervisor({
      ...{ url, auth, version },
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      open: options.open ?? openWebSocket,
      onEvent: (event, payload) => {
        const known = this.#reader.read(event, payload)
        if (known) this.#emit(known)
      },
      onLink: (link) => this.#linked(link),
      report: (stage, error) => options.report?.(stage, error),
    })
    void this.#supervisor.connect()
  }

  get link(): Link {
    return this.#supervisor.link
  }

  onLink(listener: (link: Link) => void): () => void {
    this.#link_listeners.add(listener)
    return () => this.#link_listeners.delete(listener)
  }

  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#event_listeners.add(listener)
    return () => this.#event_listeners.delete(listener)
  }

  /** Waits through `pairing_required`, which ends by an approval; rejects with {@link LinkRefused} for other refusals. */
  connected(signal: AbortSignal): Promise<ConnectedLink> {
    const { promise, resolve, reject } = Promise.withResolvers<ConnectedLink>()
    const look = (link: Link) => {
      if (link.status === 'connected') resolve(link)
      else if (link.status === 'refused' && link.reason !== 'pairing_required')
        reject(new LinkRefused(link.message))
    }
    const leave = this.onLink(look)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    else if (this.#supervisor.closed) reject(new GatewayAway('The client of the gateway is closed'))
    else look(this.link)
    return promise.finally(() => {
      leave()
      signal.removeEventListener('abort', abort)
    })
  }

  async startTurn(turn: TurnRequest): Promise<TurnReply> {
    const { session_key, run_id } = turn
    const params = {
      sessionKey: session_key,
      message: turn.message,
      idempotencyKey: run_id,
      deliver: false,
      ...(turn.system_prompt === undefined ? {} : { extraSystemPrompt: turn.system_prompt }),
      ...(turn.timeout_seconds === undefined ? {} : { timeout: turn.timeout_seconds }),
    }
    const answer = await this.#live('agent').ask('agent', params, (second) =>
      this.#settled(session_key.toLowerCase(), run_id, second),
    )
    const reply = agentReply(answer)
    if (reply) return reply
    throw answer.ok
      ? new GatewayAway('agent: the gateway gave an empty answer')
      : refused('agent', answer.error)
  }

  async turnOutcome(run_id: string, wait_ms: number): Promise<TurnReply> {
    const timeoutMs = Math.max(0, Math.min(Math.floor(wait_ms), WAIT_MS_MAX))
    return waitReply(await this.#live('agent.wait').request('agent.wait', { runId: run_id, timeoutMs }))
  }

  async command({ session_key, run_id, text }: CommandRequest): Promise<void> {
    const params = { sessionKey: session_key, message: text, idempotencyKey: run_id, deliver: false }
    await this.#live('chat.send').request('chat.send', params)
  }

  async abort(session_key: string, run_id?: string): Promise<boolean> {
    const params = { sessionKey: session_key, ...(run_id === undefined ? {} : { runId: run_id }) }
    return (await this.#live('chat.abort').request('chat.abort', params)).aborted === true
  }

  async history(session_key: string, limit: number): Promise<History> {
    const rows = Math.max(1, Math.min(Math.floor(limit), HISTORY_ROWS_MAX))
    const params = { sessionKey: session_key, limit: rows }
    return historyOf(await this.#live('chat.history').request('chat.history', params))
  }

  async createSession({ key, label, model }: { key: string; label?: string; model?: string }): Promise<void> {
    const params = {
      key,
      ...(label === undefined ? {} : { label }),
      ...(model === undefined ? {} : { model }),
    }
    await this.#live('sessions.create').request('sessions.create', params)
  }

  async archive(session_key: string): Promise<void> {
    const connection = this.#live('sessions.describe')
    const { session } = await connection.request('sessions.describe', { key: session_key })
    const { sessionId, archived } = objectOf(session)
    const id = nameOf(sessionId)
    if (id === undefined || archived === true) return
    await connection.request('sessions.patch', { key: session_key, archived: true, expectedSessionId: id })
  }

  async agents(): Promise<string[]> {
    const { agents } = await this.#live('agents.list').request('agents.list', {})
    return arrayOf(agents).flatMap((agent) => nameOf(objectOf(agent).id) ?? [])
  }

  async close(): Promise<void> {
    this.#supervisor.close()
  }

  #live(method: string): Connection {
    const { connection } = this.#supervisor
    if (connection) return connection
    throw new GatewayAway(`${method}: there is no connection to the gateway`)
  }

  /**
   * The second answer of `agent`. One that refuses a turn which never started says nothing about it: a gateway that
   * drains refuses what it had queued, and its history tells whether the turn ran.
   */
  #settled(session_key: string, run_id: string, answer: Answer): void {
    const reply = agentReply(answer)
    const ran = answer.ok || this.#reader.hasStarted(run_id)
    this.#emit({ session_key, run_id, type: 'settled', reply: reply && ran ? reply : { status: 'unknown' } })
  }

  #linked(link: Link): void {
    if (link.status === 'connected') this.#reader.forget()
    for (const listener of [...this.#link_listeners]) this.#try('link listener', () => listener(link))
  }

  #emit(event: GatewayEvent): void {
    for (const listener of [...this.#event_listeners]) this.#try('event listener', () => listener(event))
  }

  #try(stage: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.report?.(stage, error)
    }
  }
}
