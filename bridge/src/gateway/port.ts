/** What the bridge needs of an OpenClaw Gateway. The client in this folder implements it, over WebSocket protocol 4. */
export interface Gateway {
  readonly link: Link
  /** Called with each change of the link. Returns the end of the subscription. */
  onLink(listener: (link: Link) => void): () => void
  /**
   * What sessions of the bridge do (keys that the client's `owns` accepts), turns of others included. Events of all other
   * sessions are dropped before anything looks at them.
   */
  onEvent(listener: (event: GatewayEvent) => void): () => void
  /**
   * Resolves with the link once the gateway is connected; rejects when `signal` aborts or the link is refused. It waits
   * through `pairing_required`, which ends when somebody approves.
   */
  connected(signal: AbortSignal): Promise<ConnectedLink>

  /** Starts a turn, or asks for one that was started before: `run_id` is the idempotency key, for one boot of the gateway. */
  startTurn(turn: TurnRequest): Promise<TurnReply>
  /**
   * The outcome of a turn as the gateway knows it, waiting for `wait_ms` at most (25 s). `pending` when it goes on, and from
   * 2026.9 on also for a run that the gateway does not know: only `startTurn` tells those apart.
   */
  turnOutcome(run_id: string, wait_ms: number): Promise<TurnReply>
  /** Passes a slash command; its output comes as a `final` event of `run_id`. */
  command(command: CommandRequest): Promise<void>
  /** Aborts the turn under way of a session. False when there was none. */
  abort(session_key: string, run_id?: string): Promise<boolean>
  /** The end of a session's transcript, oldest first. Empty for a session that does not exist. */
  history(session_key: string, limit: number): Promise<History>
  /** Creates a session, or changes nothing when it is there. */
  createSession(session: { key: string; label?: string; model?: string }): Promise<void>
  /** Ends what runs and archives the session. A session that does not exist is none to archive. */
  archive(session_key: string): Promise<void>
  /** Names of the gateway's agents. */
  agents(): Promise<string[]>
  close(): Promise<void>
}

/** The connection to the gateway. `refused`: another token, version or approval is needed; it is tried on calmly. */
export type Link =
  | { status: 'connecting'; since: Date }
  | ConnectedLink
  | { status: 'away'; since: Date; reason: string }
  | RefusedLink

export interface RefusedLink {
  status: 'refused'
  since: Date
  reason: LinkRefusal
  message: string
  /** With `pairing_required`: what a person types on the gateway's machine. */
  approve_command?: string | undefined
}

export interface ConnectedLink {
  status: 'connected'
  since: Date
  /** Another one means that the gateway has forgotten turns and idempotency keys. */
  boot_id: string
  version: string
  protocol: number
}

export type LinkRefusal = 'pairing_required' | 'unauthorized' | 'scope' | 'protocol' | 'version'

/** `run_id` is one of the bridge's own, or the gateway's where it speaks or goes on by itself. */
export type GatewayEvent = { session_key: string; run_id: string } & (
  | { type: 'started' }
  /** The whole text so far. */
  | { type: 'progress'; text: string }
  /** The end of a turn. `text` is empty when it ended without an answer. */
  | { type: 'final'; text: string; message_id: string | null }
  | { type: 'failed'; reason: string }
  | { type: 'aborted'; reason: string }
  /**
   * The second answer to `startTurn`; it is lost with the connection. `unknown` when the gateway refused a turn that had
   * not started, as it does before a restart: it did not run, and the history says the same.
   */
  | { type: 'settled'; reply: TurnReply }
)

export interface TurnRequest {
  session_key: string
  run_id: string
  message: string
  /** Stable per session: a change breaks the provider's prompt cache. */
  system_prompt?: string
  timeout_seconds?: number
}

export interface CommandRequest {
  session_key: string
  run_id: string
  /** With its slash. */
  text: string
}

export type TurnReply =
  | { status: 'accepted' | 'pending' }
  | { status: 'ok'; text: string }
  | { status: 'failed'; reason: string }
  /** The gateway does not know this run. */
  | { status: 'unknown' }

export interface History {
  rows: HistoryRow[]
  /** Inputs that were accepted and have not been run. `interrupted` ones never will be. */
  pending: { run_id: string; interrupted: boolean }[]
}

export interface HistoryRow {
  role: 'user' | 'assistant'
  /** Of the gateway; null in versions that give none. */
  id: string | null
  text: string
  /** The turn of this row: our own `run_id`, or one of the gateway's. */
  run_id: string | null
  /**
   * Set on a user's row that the gateway wrote in place of the row of a turn which its restart interrupted (2026.8): when,
   * in milliseconds since 1970. A turn that was submitted before and is not in the history is this one; its answer follows.
   */
  resumed_at?: number
}

/** The gateway refused a request. `passing` tells whether a later attempt may succeed. */
export class GatewayRefused extends Error {
  override name = 'GatewayRefused'
  readonly code: string
  readonly passing: boolean
  /** Milliseconds. */
  readonly retry_after_ms: number

  constructor(
    method: string,
    refusal: { code: string; message: string; passing: boolean; retry_after_ms?: number },
  ) {
    super(`${method}: ${refusal.code} ${refusal.message}`)
    this.code = refusal.code
    this.passing = refusal.passing
    this.retry_after_ms = refusal.retry_after_ms ?? 0
  }
}

/** There is no connection to the gateway, or it ended before the answer: the outcome is unknown. */
export class GatewayAway extends Error {
  override name = 'GatewayAway'
}
