/** The caller's knowledge of one fact. A call that ended as neither is still being retried. */
export type Outcome = 'under way' | 'acknowledged' | 'refused'

export interface Post {
  sender_id: string
  channel_id: string
  content: string
  outcome: Outcome
  /** Error code of the refusal. */
  refusal?: string
  /** Set by the acknowledgement. */
  place?: { id: string; seq: number }
}

/** A change that leaves exactly one event about a subject: a task by its title, an agent by its id. */
export interface Change {
  mark: string
  outcome: Outcome
  /** Error code of the refusal. */
  refusal?: string
}

/** Everything that the callers of one org did, in memory of this process. */
export interface Ledger {
  posts: Post[]
  /** Changes of one subject are made by one caller, one after another. */
  changes: Map<string, Change[]>
  /** Contract violations that a caller saw by itself. */
  problems: string[]
  /** Identities of the published events, in order of publication. */
  published: string[]
}

export function emptyLedger(): Ledger {
  return { posts: [], changes: new Map(), problems: [], published: [] }
}

/** A row of the log, with its message, as the checker reads it. */
export interface StoredEvent {
  sequence: number
  type: string
  message: { id: string; seq: number; channel_id: string; sender_id: string; content: string } | null
  /** Of the events that {@link Ledger.changes} is about. */
  change: { subject: string; mark: string } | null
}

/** The database's side of one org. */
export interface StoredOrg {
  head: number
  events: StoredEvent[]
  /** Messages without an event in the log would be seen by nobody who follows it. */
  messages: number
  last_seqs: Map<string, number>
  /** Channels of projects, with the agents that were assigned when the callers began. */
  assigned: Map<string, ReadonlySet<string>>
}

/** The identity of an event in the log and in publication. */
export function identity(sequence: number, type: string, message_id: string | undefined): string {
  return `${sequence} ${type} ${message_id ?? ''}`.trimEnd()
}
