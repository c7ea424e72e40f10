/** What a bridge must not forget. The SQLite file in this folder implements it; every method is synchronous and atomic. */
export interface State {
  /** Null before the first stream. */
  cursor(agent: string): string | null
  /**
   * Stores the row, if there is one, and the cursor in one transaction. A row that is there already (same agent and id)
   * stays as it is: then, and without a row, the answer is undefined. Throws `StateFull` at the bound, `StateUnwritable`
   * when the disk does not take it; then neither is stored.
   */
  receive(agent: string, cursor: string, row?: NewRow): Row | undefined
  /** As `receive`, without an event: speech, and retries (`m<channel>.<seq>r<n>`). The cursor stays. */
  enqueue(agent: string, row: NewRow): Row | undefined
  /**
   * Moves a row as `transition` of the table of steps says; without a change and in the same step nothing is written. Throws
   * `MoveRefused` when the table has no such move, `StaleRow` when the row has moved since it was read, `StateUnwritable`.
   */
  advance(row: Row, to: Step, change?: RowChange): Row
  /** Changes a row within its step. Throws `StaleRow`, `StateUnwritable`. */
  amend(row: Row, change: RowChange): Row
  /** The row as it is now, done or not; null when there is none, or not any more. */
  rowOf(agent: string, id: string): Row | null
  /** All rows of a message, retries included, oldest first: the newest is the last. */
  rowsOfMessage(agent: string, channel_id: string, seq: number): Row[]
  /** Rows that are not done, of an agent or of one of its sessions, oldest first. */
  unfinished(agent: string, session?: string): Row[]
  /** Deletes done rows and spoken keys that are older; they are kept that long to suppress duplicates. */
  prune(older_than_ms: number): void
  /** Agents of which anything is stored, sorted. */
  agents(): string[]
  /** Deletes everything of an agent that left the configuration, its unfinished rows too; answers how many of them. */
  forget(agent: string): number

  /** Remembers a session that is used. `receive` and `enqueue` do it for the session of their row. */
  useSession(agent: string, session: string, channel_id: string): void
  /** Generation of a session: 0, and one more after each reset. */
  generation(agent: string, session: string): number
  /** The new generation: not primed, not archived. The session must have been used. */
  nextGeneration(agent: string, session: string): number
  /** This generation was primed with earlier messages, up to `seq` (the position in its channel). */
  primed(agent: string, session: string): number | null
  /** The session must have been used. */
  setPrimed(agent: string, session: string, seq: number): void
  /** Sessions that were used, for archiving on unassignment. */
  sessions(agent: string): StoredSession[]
  /** Without effect for a session that was not used. */
  setArchived(agent: string, session: string, archived: boolean): void

  /** True the first time for this final of an agent: stored, so that a restart does not post it twice. */
  spoke(agent: string, key: string): boolean

  counts(): StateCounts
  /** Writes something without meaning, to find out whether the disk takes writes (again). Never throws. */
  probe(): boolean
  /** A row was refused at the bound, and less than a tenth of it is free since. */
  readonly full: boolean
  /** Whether the last write reached the disk. */
  readonly writable: boolean
  /** Names this state for its whole life: 32 hexadecimal digits, by chance. */
  readonly instance: string
  /** The file was damaged and a new one was begun: where the old one is now. */
  readonly moved_aside: string | null
  close(): void
}

/**
 * `received → submitted → accepted → answered → posted → done`; see delivery/steps.ts for what each step promises.
 */
export const STEPS = ['received', 'submitted', 'accepted', 'answered', 'posted', 'done'] as const
export type Step = (typeof STEPS)[number]

/**
 * `message`: a turn. `command`: a gateway command. `notice`: a turn about an event that is no message. `speech`: text of the agent's
 * own accord, begins as `answered`. `sub_agent`: the one turn of a sub-agent that the agent hosts.
 */
export const ROW_KINDS = ['message', 'command', 'notice', 'speech', 'sub_agent'] as const
export type RowKind = (typeof ROW_KINDS)[number]

export interface NewRow {
  /** Unique per agent and stable: `m<channel>.<seq>`, `n<channel>.<event sequence>`, `a<sub-agent>`, or a hash of the run of speech. */
  id: string
  kind: RowKind
  /** Empty for a sub-agent whose task has no project: it has nowhere to speak. */
  channel_id: string
  /** Place of the message in its channel; null without a message. */
  seq: number | null
  /** Id of the message to answer; null when there is none. */
  reply_to: string | null
  /** Session without its generation, e.g. `agent:main:mc:acme:project:<id>`. */
  session: string
  /** What the gateway is told; a sub-agent's is asked for at the server instead. Removed once the row is done. */
  text: string
  /** Where the row begins; `received` when left out, `answered` for speech with its `answer`. */
  step?: Step
  answer?: string
}

export interface Row extends Required<Omit<NewRow, 'answer' | 'step'>> {
  agent: string
  step: Step
  /** Grows with each row of this file: rows of an agent are worked on in this order. */
  number: number
  /** The generation of the session in which the row is worked on; set with `submitted`. */
  generation: number | null
  /** Number of the attempt at the gateway: the run id changes with it, so that a turn can be run anew. From 1. */
  attempt: number
  /** The boot of the gateway that took it; null before. */
  boot_id: string | null
  /** The answer; removed once the row is done. */
  answer: string | null
  /** Set when the row ended or will end without an answer, for people to read. */
  failure: string | null
  /** Parts of the answer that were posted. */
  parts_posted: number
  /** Milliseconds since 1970. */
  received_at: number
  updated_at: number
}

export type RowChange = Partial<
  Pick<Row, 'generation' | 'attempt' | 'boot_id' | 'answer' | 'failure' | 'parts_posted' | 'text'>
>

export interface StoredSession {
  session: string
  generation: number
  channel_id: string
  archived: boolean
}

export interface StateCounts {
  /** Rows that are not done, in all and by agent. */
  unfinished: number
  by_agent: Record<string, number>
  /** Bytes of text in rows that are not done. */
  bytes: number
  /** Milliseconds since 1970 of the oldest one that is not done; null without any. */
  oldest_at: number | null
}

/** 10,000 rows or 64 MiB wait; the newest is refused and the cursor stays. */
export class StateFull extends Error {
  override name = 'StateFull'
}

/** The disk does not take it. The next attempt may succeed. */
export class StateUnwritable extends Error {
  override name = 'StateUnwritable'
}

/** Another process has this file open. */
export class StateLocked extends Error {
  override name = 'StateLocked'
}

/** A newer bridge wrote this file. It is left alone: the newer bridge can go on with it. */
export class StateTooNew extends Error {
  override name = 'StateTooNew'
}

/** The row is in another step than its caller believes, or gone. */
export class StaleRow extends Error {
  override name = 'StaleRow'
}
