import type { Reply } from '../contracts/calls.ts'
import type { CommandName, Results } from '../contracts/commands.ts'
import { newId } from '../contracts/ids.ts'
import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { BatchContext, JobRunner } from '../db/batch.ts'
import { readLockedState } from '../db/queries/permissions.ts'
import { addNotifications } from '../db/writes/notifications.ts'
import type { Done, Job } from '../domain/job.ts'
import { isSecurityEvent, type NewEvent } from '../domain/log-event.ts'
import { mayBeNotified } from '../domain/notifications.ts'
import { Gone } from '../domain/ownership.ts'
import type { Permissions } from '../domain/permissions.ts'
import { senderOf } from '../domain/principal.ts'
import { checkPrincipal } from './check-principal.ts'
import type { CommandContext, CommandOutcome, Commands, MailTiming } from './command.ts'
import { recalledRequest, rememberRequest } from './idempotency.ts'
import { mailNotifications } from './mail.ts'
import { isPosting, prefetchClientIds } from './message-client-ids.ts'
import { prefetchReplies, recalled } from './recent-commands.ts'
import { TaskBatch } from './task-batch.ts'

/** Runs commands inside the lane's transaction: repeated authorization, idempotent replay, numbering, event rows. */
export function createJobRunner(commands: Commands, mail: MailTiming | null = null): JobRunner<Job, Done> {
  return {
    // A plain new message is decided from the owner's memory alone; its `client_id` is looked up only when the
    // database finds it stored already.
    inMemory: (job) =>
      isPosting(job) && !job.retry && !job.idempotency && !job.input.reply_to && !job.input.refusal
        ? { channel_id: job.input.channel_id }
        : undefined,
    async prefetch(jobs, context) {
      await prefetchReplies(jobs, context)
      await prefetchClientIds(jobs, context)
      await TaskBatch.of(context).prefetch(jobs)
    },
    async prefetchAlone(job, context) {
      await prefetchReplies([job], context)
      await prefetchClientIds([job], context)
    },
    async reload(jobs, context) {
      const state = await readLockedState(context.sql, context.org_id)
      if (!state) throw new Gone('The organization is gone')
      for (const permissions of new Set(jobs.map((job) => job.permissions)))
        permissions.reset(state.permissions)
    },
    closing: (context) => TaskBatch.closing(context),
    async run(job, context) {
      const before = recalled(job, context)
      if (before) return { reply: before, events: [], notifications: [] }
      const command = commands[job.command]
      checkPrincipal(command, job, Date.parse(context.now))
      const stored = job.idempotency && (await recalledRequest(job, context))
      if (stored) return { reply: stored, events: [], notifications: [] }

      if (!command.batched) await TaskBatch.of(context).write()
      const within = contextOf(context, job.permissions, mail)
      const outcome = await runCommand(commands, job, within)
      const events = outcome.events.map((event) => number(event, job, context))
      const notifications = storeNotifications(outcome, events, within)
      const reply: Reply = { result: outcome.result, replayed: false }
      if (!isRepeatable(job)) context.rows.replies.push({ command_id: job.command_id, reply })
      if (job.idempotency) await rememberRequest(job, reply, context)
      return { reply, events, notifications }
    },
  }
}

/** The name of a command decides the types of its input and result. */
function runCommand<N extends CommandName>(
  commands: Commands,
  { command, input, principal }: Job<N>,
  context: CommandContext,
): Promise<CommandOutcome<Results[N]>> {
  return commands[command].run(context, input, principal)
}

/** State of one batch, created with its first command. */
const contexts = new WeakMap<BatchContext, CommandContext>()

function contextOf(batch: BatchContext, permissions: Permissions, mail: MailTiming | null): CommandContext {
  const made = contexts.get(batch)
  if (made?.permissions === permissions) return made
  const context: CommandContext = {
    org_id: batch.org_id,
    get sql() {
      return batch.sql
    },
    now: batch.now,
    get rows() {
      return batch.rows
    },
    prefetched: batch.prefetched,
    write: (query) => batch.write(query),
    nextSeq: (channel_id) => batch.nextSeq(channel_id),
    nextSequence: () => batch.nextSequence(),
    permissions,
    mail,
    newId,
  }
  contexts.set(batch, context)
  return context
}

/** A message with a `client_id` is replayed by that id, so its reply is not stored separately. */
function isRepeatable(job: Job): boolean {
  return isPosting(job) && job.input.client_id !== undefined
}

/** Gives an event its number and stores its row. */
function number(event: NewEvent, job: Job, context: BatchContext): LogEvent {
  const { message, ...content } = isSecurityEvent(event) ? withOrigin(event, originOf(job)) : event
  const logged: LogEvent = {
    ...content,
    sequence: context.nextSequence(),
    timestamp: context.now,
    actor: event.actor ?? senderOf(job.principal),
    project_ids: event.project_ids ?? [],
    task_id: event.task_id ?? null,
    channel_id: event.channel_id ?? null,
    subject_ids: event.subject_ids ?? [],
  }
  if (message) {
    // Stored with its message: one row of the statement creates both.
    const row = context.rows.messages.findLast(({ id }) => id === message.id)
    if (!row) throw new Error('unreachable: a message event without its message')
    row.sequence = logged.sequence
    row.project_ids = logged.project_ids
  } else
    context.rows.events.push({
      sequence: logged.sequence,
      type: logged.type,
      actor_id: logged.actor.id,
      actor_type: logged.actor.type,
      actor_name: logged.actor.display_name,
      project_ids: logged.project_ids,
      task_id: logged.task_id,
      channel_id: logged.channel_id,
      subject_ids: logged.subject_ids,
      payload: logged.payload,
      created_at: logged.timestamp,
    })
  return logged
}

interface Origin {
  ip?: string
  user_agent?: string
}

/** Origin of a security event. Records of sign-ins carry their own; changes by the server itself have none. */
function originOf({ principal }: Job): Origin {
  if (principal.kind === 'system') return {}
  const { ip, user_agent } = principal
  return { ...(ip === undefined ? {} : { ip }), ...(user_agent === undefined ? {} : { user_agent }) }
}

function withOrigin<E extends { payload: Origin }>(event: E, origin: Origin): E {
  return { ...event, payload: { ...event.payload, ...origin } }
}

function storeNotifications(
  outcome: CommandOutcome<unknown>,
  events: LogEvent[],
  context: CommandContext,
): UserNotification[] {
  const wanted = (outcome.notifications ?? []).filter((one) => mayBeNotified(context.permissions, one))
  const notifications = addNotifications(
    context,
    wanted.map(({ event, ...rest }) => ({ id: newId(), ...rest, event_sequence: events[event]!.sequence })),
  )
  mailNotifications(context, notifications)
  return notifications
}
