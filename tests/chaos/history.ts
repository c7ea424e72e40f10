/** Kinds of facts that a writer wants stored: what is posted, and what a mark is the text of. */
export type FactKind = 'message' | 'task' | 'transition'

/** The type of the one event that a fact leaves in the log. */
export const EVENT_OF: Readonly<Record<FactKind, string>> = {
  message: 'message.created',
  task: 'task.created',
  transition: 'task.transitioned',
}

/** An acknowledgement: the id of the message or task, and the message's seq or the task's version. */
export interface Ack {
  id: string
  number: number
}

/** One change that a writer wants to happen once, however often it has to send it. */
export interface Fact {
  org_id: string
  kind: FactKind
  /** Unique in the run: content of the message, title of the task, comment of the transition. */
  mark: string
  /** Channel of a message, else null. */
  channel_id: string | null
  /** Of every try that was answered; retries with the same key must be answered alike. */
  acks: Ack[]
  /** An answer that says the change will never happen, as a retryable one does not. */
  refused?: string
}

/** A row of the log. `id` is that of its message or task. */
export interface StoredEvent {
  sequence: number
  type: string
  /** Of a fact, else null. */
  mark: string | null
  id: string | null
  channel_id: string | null
  seq: number | null
}

export interface StoredMessage {
  seq: number
  id: string
  content: string
}

/** One org in the database. */
export interface StoredOrg {
  org_id: string
  /** `sequence` of the head row. */
  head: number
  events: StoredEvent[]
  /** Rows of every channel, by seq. */
  channels: Map<string, StoredMessage[]>
  last_seqs: Map<string, number>
  tasks: { id: string; title: string }[]
  /** Rows of the log by the node that wrote them, at the epoch of the head row then; empty when nobody watched. */
  writes: { sequence: number; epoch: number; node: string }[]
  /** The node that took each epoch. */
  takes: { epoch: number; node: string }[]
}

/** What a client saw, in the order in which it saw it. */
export type Seen =
  | { kind: 'message'; channel_id: string; seq: number; id: string; content: string }
  | {
      kind: 'event'
      sequence: number
      type: string
      mark: string | null
      id: string | null
      channel_id: string | null
      seq: number | null
    }
  /** `resync` or `events.reset`: the server gave up on a position. */
  | { kind: 'reset'; reason: string }

/** One client over all of its connections, each but the first with the cursor that the one before had reached. */
export interface View {
  name: string
  org_id: string
  /** Frames of a WebSocket, pages of a channel: messages. A stream or pages of the log: events. */
  of: 'messages' | 'events'
  /** Channels that it may read, all of them from the first message. */
  channels: ReadonlySet<string>
  seen: Seen[]
  connects: number
}

/** Everything that is known of a run when it is over. */
export interface History {
  facts: Fact[]
  views: View[]
  stored: StoredOrg[]
}

/** Promises that a run may find broken. */
export const PROMISES = [
  'unanswered: a change was never acknowledged though everything had healed',
  'refused: a change was refused for good',
  'lost: an acknowledged fact is not stored',
  'doubled: a fact is stored more than once',
  'misplaced: a fact is stored elsewhere than acknowledged',
  'two answers: retries of one change were acknowledged differently',
  'invented: a fact is stored that nobody sent',
  'numbering: sequence or seq has a gap, a repeat or another order',
  'unlogged: rows and log do not tell the same',
  'fencing: a node wrote under an epoch that another node had taken',
  'missing: a client did not see what is stored',
  'repeated: a client saw something twice',
  'reordered: a client saw something in another order',
  'altered: a client saw something else than what is stored',
  'foreign: a client saw what it may not',
  'reset: a client lost its position',
] as const
export type Promised = (typeof PROMISES)[number] extends infer P
  ? P extends `${infer Name}: ${string}`
    ? Name
    : never
  : never

export interface Broken {
  promise: Promised
  what: string
}
