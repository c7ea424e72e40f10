import type { EventContent } from '../contracts/event-payloads.ts'
import type { EmailKind, EmailPreference, SenderType } from '../contracts/vocabulary.ts'
import type { Fragment, Sql } from './client.ts'
import type { JobRow } from './writes/jobs.ts'
import { withParts } from './writes/parts.ts'

/** A chat message as the lane stores it. */
export interface MessageRow {
  id: string
  channel_id: string
  seq: number
  sender_id: string | null
  sender_type: SenderType
  sender_name: string
  kind: string
  content: string
  mentions: string[]
  ignored_mentions: string[]
  client_id: string | null
  content_hash: string | null
  reply_to: string | null
  created_at: string
  /** Number of its `message.created` in the log, and the projects that event belongs to. */
  sequence: number
  project_ids: string[]
}

/** Any other event as the lane stores it. */
export interface EventRow {
  sequence: number
  type: string
  actor_id: string | null
  actor_type: SenderType
  actor_name: string
  project_ids: string[]
  task_id: string | null
  channel_id: string | null
  subject_ids: string[]
  payload: EventContent['payload']
  created_at: string
}

export interface NotificationRow {
  id: string
  user_id: string
  type: string
  event_sequence: number
  resource: Record<string, unknown>
  title: string
  created_at: string
}

/** A mail to send, with the run of its job. */
export interface EmailRow {
  id: string
  user_id: string
  kind: EmailKind
  /** Of a notification's mail: the preferences that admit it. */
  preferences?: readonly EmailPreference[]
  notification_ids?: string[]
  invite_id?: string
  created_at: string
  run_at: string
  max_attempts: number
}

export interface ReplyRow {
  command_id: string
  reply: unknown
}

/** Everything a batch stores in its one closing statement. */
export interface BatchRows {
  messages: MessageRow[]
  events: EventRow[]
  notifications: NotificationRow[]
  replies: ReplyRow[]
  jobs: JobRow[]
  emails: EmailRow[]
}

export function emptyRows(): BatchRows {
  return { messages: [], events: [], notifications: [], replies: [], jobs: [], emails: [] }
}

/** Messages of a batch that change the unread marks of one user in one channel. */
interface MarkRow {
  org_id: string
  channel_id: string
  user_id: string
  /** Own messages, which are never unread. */
  own_count: number
  /** Mentions by others. */
  mention_count: number
}

/** Effect of posts on unread marks. A post marks no earlier message as read. */
function markRows({ org_id, rows }: ClosedBatch): MarkRow[] {
  const marks = new Map<string, MarkRow>()
  const markOf = (channel_id: string, user_id: string) => {
    const key = channel_id + user_id
    const mark = marks.get(key) ?? { org_id, channel_id, user_id, own_count: 0, mention_count: 0 }
    marks.set(key, mark)
    return mark
  }
  for (const { channel_id, sender_id, mentions } of rows.messages) {
    if (sender_id) markOf(channel_id, sender_id).own_count++
    for (const user_id of mentions) if (user_id !== sender_id) markOf(channel_id, user_id).mention_count++
  }
  return [...marks.values()]
}

/** A sealed batch of one org: its rows and the head that they leave. */
export interface ClosedBatch {
  org_id: string
  epoch: number
  /** Numbers after the batch: the last of the log, of the batches, and of each channel that was written to. */
  sequence: number
  batch: number
  seqs: ReadonlyMap<string, number>
  rows: BatchRows
}

/**
 * Stores a batch by one call of the function `lane_write`: it puts the org into scope, moves the head from the batch
 * before, and inserts. False when the head is at another epoch or batch: then nothing was stored. Works as a transaction
 * of its own and inside one. `parts` are done by the same statement; they need the org in scope, so only a
 * transaction can have them.
 */
export async function flushBatch(
  sql: Sql,
  closed: ClosedBatch,
  parts: readonly Fragment[] = [],
): Promise<boolean> {
  const { org_id, epoch, sequence, batch, rows } = closed
  try {
    await sql`
      ${withParts(sql, parts)} select lane_write(${org_id}, ${epoch}, ${sequence}, ${batch}, ${list(seqRows(closed))}::text::json,
        ${list(rows.messages.map((message) => messageRow(message)))}::text::json, ${list(rows.events)}::text::json,
        ${list(rows.notifications)}::text::json, ${list(rows.replies)}::text::json,
        ${list(markRows(closed))}::text::json)${enqueued(sql, rows.jobs)}${mailed(sql, closed)}`
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === FENCED_SQLSTATE) return false
    throw error
  }
}

/** After the write, which puts the org into scope. */
function enqueued(sql: Sql, jobs: readonly JobRow[]): Fragment {
  return jobs.length === 0 ? sql`` : sql`, enqueue_jobs(${list(jobs)}::text::json)`
}

/** After the write as well; the function enqueues the jobs of the mails that it stores. */
function mailed(sql: Sql, { org_id, rows }: ClosedBatch): Fragment {
  return rows.emails.length === 0 ? sql`` : sql`, store_emails(${org_id}, ${list(rows.emails)}::text::json)`
}

/** Raised by `lane_write` when the head is not at the batch's epoch and predecessor. */
const FENCED_SQLSTATE = 'MC001'

/**
 * True for a batch that {@link flushTogether} can store: messages that mention nobody, and the replies to those without
 * a `client_id`.
 */
export function isPlain({ rows }: ClosedBatch): boolean {
  const { messages, events, notifications, jobs, emails } = rows
  return (
    messages.length > 0 &&
    events.length === 0 &&
    notifications.length === 0 &&
    jobs.length === 0 &&
    emails.length === 0 &&
    messages.every(({ mentions }) => mentions.length === 0)
  )
}

/**
 * Stores plain batches of several orgs in one transaction, by one call of the function `lane_write_together`. Returns
 * the orgs whose batches were stored; an org with a locked head or mark, or a head at another epoch, is left out.
 */
export async function flushTogether(sql: Sql, batches: readonly ClosedBatch[]): Promise<ReadonlySet<string>> {
  const heads = batches.map(({ org_id, epoch, sequence, batch }) => ({ org_id, epoch, sequence, batch }))
  const [answer] = await sql<{ stored: string[] }[]>`
    select lane_write_together(${list(heads)}::text::json, ${list(ofAll(batches, seqRows))}::text::json,
      ${list(batches.flatMap(({ org_id, rows }) => rows.messages.map((message) => messageRow(message, org_id))))}::text::json,
      ${list(ofAll(batches, ({ rows }) => rows.replies))}::text::json, ${list(batches.flatMap(markRows))}::text::json)::text[] as stored`
  return new Set(answer?.stored)
}

/** The rows of all batches, each with its org. */
function ofAll<Row extends object>(
  batches: readonly ClosedBatch[],
  rowsOf: (batch: ClosedBatch) => readonly Row[],
): (Row & { org_id: string })[] {
  return batches.flatMap((batch) => rowsOf(batch).map((row) => ({ org_id: batch.org_id, ...row })))
}

/** A message without default values (plain text, empty lists), to keep the JSON short. */
function messageRow(message: MessageRow, org_id?: string) {
  return {
    org_id,
    ...message,
    kind: message.kind === 'text' ? undefined : message.kind,
    mentions: orNothing(message.mentions),
    ignored_mentions: orNothing(message.ignored_mentions),
    project_ids: orNothing(message.project_ids),
    reply_to: message.reply_to ?? undefined,
  }
}

function orNothing<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items
}

function seqRows({ seqs }: ClosedBatch): { id: string; last_seq: number }[] {
  return [...seqs].map(([id, last_seq]) => ({ id, last_seq }))
}

/** Lists are sent as JSON, empty ones as null, which skips their statement. */
function list(rows: readonly unknown[]): string | null {
  return rows.length === 0 ? null : JSON.stringify(rows)
}
