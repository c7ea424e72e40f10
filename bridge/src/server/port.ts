import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { ClientReport, Subscriptions } from '../../../src/contracts/requests.ts'
import type { Channel, Message, Project, SubAgent, Task, User } from '../../../src/contracts/resources.ts'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'

/**
 * What the bridge needs of Mission Control, as one agent. The client in this folder implements it. Calls retry by themselves
 * and throw `KeyRefused`, `ServerRefused` or `ServerAway`.
 */
export interface AgentServer {
  /** Asks without the key. */
  version(): Promise<ServerVersion>
  me(): Promise<User>
  /** All of them, from every page. */
  users(): Promise<User[]>
  channels(): Promise<Channel[]>
  projects(): Promise<Project[]>
  task(task_id: string): Promise<Task>
  /** Messages below `before`, newest first; the newest of all without it. At most 200. */
  messages(channel_id: string, page: { before?: number; after?: number; limit: number }): Promise<Message[]>
  /** Idempotent by `client_id`. */
  post(channel_id: string, message: NewMessage): Promise<Message>
  /** Forward only; a state that is behind the stored one resolves without effect. */
  deliver(channel_id: string, seq: number, state: DeliveryState, detail?: string): Promise<void>
  registerCommands(commands: { name: string; description: string; args_hint?: string }[]): Promise<void>
  /** Messages of which this agent's delivery is `queued`, at most 1,000, oldest first. Empty from a server that lists none. */
  waitingDeliveries(): Promise<WaitingDelivery[]>
  /**
   * Deliveries of this agent that became `queued`, from others' retries and from its own reports alike; best effort. `opened` is
   * called when listening begins, and again after each interruption: ask `waitingDeliveries` then. Returns the end of the
   * subscription.
   */
  onDelivery(listener: (delivery: WaitingDelivery) => void, opened?: () => void): () => void
  /** What people are shown about this client; the detail is shortened. False from a server that takes no report. */
  reportClient(report: ClientReport): Promise<boolean>
  /** Which topics the own stream carries. */
  subscribe(subscriptions: Subscriptions): Promise<void>
  /** Active sub-agents of the org; empty from a server that has none. */
  activeSubAgents(): Promise<SubAgent[]>
  /** A new key of a sub-agent that this agent hosts; the former key dies. Refused once the sub-agent has ended. */
  subAgentKey(sub_agent_id: string): Promise<HostedSubAgent>
  /** Refused once it has ended. The reason is shortened. */
  terminateSubAgent(sub_agent_id: string, reason: string): Promise<void>
  /** Ends the sub-agent whose key this is. The summary is shortened. */
  completeSubAgent(summary: string): Promise<void>
  /** Shows to others that the agent types, for 3 s; best effort, never throws, never waits. At most every 2 s per channel. */
  typing(channel_id: string): void
  /**
   * Events after `cursor` without an end: stream, back-off, polling. Without a cursor from now on. Ends when `signal` aborts;
   * throws `KeyRefused` when the key does not hold any more. Every other refusal is retried and is the reason of a mode item.
   */
  events(cursor: string | null, signal: AbortSignal): AsyncIterable<Incoming>
  /** The cursor of the newest event that the agent may see. */
  position(): Promise<string>
  /** Replaces the key of all later calls. */
  useKey(api_key: string): void
  close(): void
}

/** What the host of a sub-agent gets to run it. */
export interface HostedSubAgent extends Pick<SubAgent, 'id' | 'task_id' | 'model' | 'seconds_remaining'> {
  instructions: string
  api_key: string
}

/** The server as a hosted sub-agent, with a key of its own. */
export type SubAgentServer = Pick<AgentServer, 'post' | 'typing' | 'completeSubAgent' | 'close'>

export interface NewMessage {
  content: string
  client_id: string
  reply_to?: string
  kind?: 'text' | 'command_output'
  mentions?: string[]
}

export interface ServerVersion {
  version: string
  api_version: string
  min_bridge_version: string
}

export interface WaitingDelivery {
  channel_id: string
  seq: number
  detail: string | null
}

/** What arrives from a stream or from polling. A consumer stores `cursor` together with what it makes of the item. */
export type Incoming =
  /** The first frame of a stream; `cursor` is null when the stream resumed. */
  | { kind: 'opened'; cursor: string | null }
  | { kind: 'event'; event: EventEnvelope; cursor: string }
  /** Moves past events that the filter skipped. */
  | { kind: 'cursor'; cursor: string }
  /** The cursor could not be honoured; events may be missing. */
  | { kind: 'reset'; reason: string; cursor: string }
  /** How events come now; `connecting` again with each other reason. */
  | { kind: 'mode'; mode: StreamMode; reason: string | null }

export type StreamMode = 'connecting' | 'stream' | 'polling'

/** The key is not valid any more; a retry cannot succeed. */
export class KeyRefused extends Error {
  override name = 'KeyRefused'
}

/** A hosted sub-agent has ended, or is not this agent's any more. */
export class SubAgentOver extends Error {
  override name = 'SubAgentOver'
}

/** The server refused a request, and the same request will be refused again. */
export class ServerRefused extends Error {
  override name = 'ServerRefused'
  readonly status: number
  readonly code: string

  constructor(what: string, status: number, code: string, message: string) {
    super(`${what}: ${status} ${code}: ${message}`)
    this.status = status
    this.code = code
  }
}

/** No answer, 5xx, or 429 after the retries of one call: a later call may succeed. */
export class ServerAway extends Error {
  override name = 'ServerAway'
  /** Milliseconds to wait at least, as the server says. */
  readonly retry_after_ms: number
  /** The server's code, e.g. `AGENT_LOOP`; null without an answer of the server. */
  readonly code: string | null

  constructor(message: string, retry_after_ms = 0, code: string | null = null) {
    super(message)
    this.retry_after_ms = retry_after_ms
    this.code = code
  }
}
