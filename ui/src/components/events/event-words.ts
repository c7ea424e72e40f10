import type { EventEnvelope } from '@contracts/events.ts'
import type { ProjectPatch, TaskPatch } from '@contracts/requests.ts'
import type { Task, User } from '@contracts/resources.ts'
import { dateTime } from '../../composables/times.ts'
import { parts, type TextKey, t } from '../../i18n/index.ts'
import { isolate } from '../base/isolate.ts'
import { STAGE_WORDS } from '../projects/project-words.ts'
import { STATUS_WORDS } from '../tasks/task-words.ts'

/** A part of a sentence: plain words, the name of something, or text as it was typed. */
export type Part = string | { name: string } | { code: string }

/** What a sentence needs besides its event. */
export interface Names {
  user(id: string): string
  channel(id: string): string
  /** Id of the task or project that the sentence calls “it”: in the history of that thing. */
  it?: string
}

/** Longer texts of people are cut: a row of the log is one line. */
const QUOTE_MAX = 120

/** Fields of tasks and projects, as `changed` names them; a newer server may name others. */
const FIELD_WORDS: Readonly<Record<keyof TaskPatch | keyof ProjectPatch, string>> = {
  title: t('events.field.title'),
  name: t('events.field.name'),
  description: t('events.field.description'),
  type: t('events.field.type'),
  priority: t('events.field.priority'),
  project_ids: t('events.field.project_ids'),
  assignee_ids: t('events.field.assignee_ids'),
  required_evidence_types: t('events.field.required_evidence_types'),
  owner_id: t('events.field.owner_id'),
  links: t('events.field.links'),
}

/** A list of parts stands in one place of a text. */
type Piece = Part | { all: readonly Part[] }

/** The text of a key, with names and typed texts in their places. */
function say(key: TextKey, values: Readonly<Record<string, Piece | number>> = {}): Part[] {
  return parts<Exclude<Piece, string>>(key, values).flatMap((piece) =>
    typeof piece === 'object' && 'all' in piece ? piece.all : [piece],
  )
}

/**
 * What an event says, after the name of its actor: one sentence for each type of the vocabulary. A type without one does
 * not compile; a newer server may send a type unknown to this page.
 */
export function sentence(event: EventEnvelope, names: Names): Part[] {
  const user = (id: string): Part => ({ name: names.user(id) })
  const person = ({ display_name }: Pick<User, 'display_name'>): Part => ({ name: display_name })
  const channel = (id: string): Part => ({ name: names.channel(id) })
  const thing = ({ id, name }: { id: string; name: string }) => ({ it: yes(id === names.it), name: { name } })
  const task = ({ id, title }: Pick<Task, 'id' | 'title'>) => {
    const { it, name } = thing({ id, name: title })
    return { it, task: name }
  }
  const project = (of: { id: string; name: string }) => {
    const { it, name } = thing(of)
    return { it, project: name }
  }

  switch (event.type) {
    case 'org.created':
      return say('events.sentence.org.created', { org: { name: event.payload.org.name } })
    case 'org.updated':
      return say('events.sentence.org.updated', { org: { name: event.payload.org.name } })
    case 'org.settings_changed':
      return say('events.sentence.org.settings_changed')
    case 'org.suspended':
      return say('events.sentence.org.suspended')
    case 'org.resumed':
      return say('events.sentence.org.resumed')
    case 'org.deletion_initiated': {
      const { deletion_at } = event.payload.org
      return deletion_at
        ? say('events.sentence.org.deletion_initiated_due', { time: dateTime(deletion_at) })
        : say('events.sentence.org.deletion_initiated')
    }
    case 'org.restored':
      return say('events.sentence.org.restored')

    case 'user.created': {
      const { user: added } = event.payload
      const kind = added.status === 'invited' ? 'invited' : added.type
      return say('events.sentence.user.created', { kind, user: person(added) })
    }
    case 'user.updated': {
      const { user: changed } = event.payload
      return say('events.sentence.user.updated', {
        own: yes(changed.id === event.actor.id),
        user: person(changed),
      })
    }
    case 'user.role_changed': {
      const { user: changed, to_role: role } = event.payload
      return say('events.sentence.user.role_changed', { user: person(changed), role })
    }
    case 'user.removed': {
      const { user: removed } = event.payload
      return say('events.sentence.user.removed', {
        own: yes(removed.id === event.actor.id),
        user: person(removed),
      })
    }
    case 'api_key.rotated':
      return rotated(event, user(event.payload.user_id))
    case 'api_key.revoked':
      return say('events.sentence.api_key.revoked', { user: user(event.payload.user_id) })
    case 'api_key.rotation_due': {
      const { user_id, key, age_days: days } = event.payload
      return say('events.sentence.api_key.rotation_due', {
        key: { code: `${key.prefix}…` },
        user: user(user_id),
        days,
      })
    }

    case 'scim_token.created':
    case 'scim_token.revoked':
      return say(`events.sentence.${event.type}`, { token: { code: event.payload.scim_token.name } })

    case 'auth.login_success':
      return say('events.sentence.auth.login_success', { method: t(`events.method.${event.payload.method}`) })
    case 'auth.login_failure': {
      const { user_id, method, count } = event.payload
      return say('events.sentence.auth.login_failure', {
        method: t(`events.method.${method}`),
        user: user(user_id),
        count,
      })
    }
    case 'auth.api_key_failure': {
      const { user_id, reason, count } = event.payload
      return say(`events.sentence.auth.api_key_failure.${reason}`, { user: user(user_id), count })
    }
    case 'auth.session_revoked': {
      const { user_id, reason } = event.payload
      return user_id === event.actor.id
        ? say(`events.sentence.auth.session_ended.${reason}`)
        : say('events.sentence.auth.session_revoked', { user: user(user_id) })
    }
    case 'auth.sign_in_link_created':
      return say('events.sentence.auth.sign_in_link_created', { user: user(event.payload.user_id) })
    case 'auth.identity_linked':
    case 'auth.identity_unlinked': {
      const { user_id, provider } = event.payload
      return say(`events.sentence.${event.type}`, {
        method: t(`events.method.${provider}`),
        user: user(user_id),
      })
    }
    case 'auth.password_changed': {
      const { user_id } = event.payload
      return say('events.sentence.auth.password_changed', {
        own: yes(user_id === event.actor.id),
        user: user(user_id),
      })
    }
    case 'auth.account_changed':
      return say(`events.sentence.auth.account_changed.${event.payload.change}`)

    case 'project.created':
    case 'project.archived':
      return say(`events.sentence.${event.type}`, project(event.payload.project))
    case 'project.updated':
      return say('events.sentence.project.updated', {
        ...project(event.payload.project),
        fields: fieldList(event.payload.changed),
      })
    case 'project.transitioned': {
      const { project: moved, from_stage, to_stage, comment } = event.payload
      return say('events.sentence.project.transitioned', {
        ...project(moved),
        from: STAGE_WORDS[from_stage],
        to: STAGE_WORDS[to_stage],
        ...quoted(comment),
      })
    }
    case 'project.user_assigned':
    case 'project.user_unassigned':
      return say(`events.sentence.${event.type}`, {
        ...project(event.payload.project),
        user: user(event.payload.user_id),
      })

    case 'task.created':
    case 'task.dependency_removed':
    case 'task.unblocked':
    case 'task.archived':
      return say(`events.sentence.${event.type}`, task(event.payload.task))
    case 'task.updated':
      return say('events.sentence.task.updated', {
        ...task(event.payload.task),
        fields: fieldList(event.payload.changed),
      })
    case 'task.transitioned': {
      const { task: moved, from_status, to_status, comment } = event.payload
      return say('events.sentence.task.transitioned', {
        ...task(moved),
        from: STATUS_WORDS[from_status],
        to: STATUS_WORDS[to_status],
        ...quoted(comment),
      })
    }
    case 'task.assigned':
    case 'task.unassigned':
      return say(`events.sentence.${event.type}`, {
        ...task(event.payload.task),
        user: user(event.payload.user_id),
      })
    case 'task.dependency_added': {
      const { task: waiting, blocked_by_id } = event.payload
      const blocker = waiting.blocked_by.find(({ id }) => id === blocked_by_id)
      return say('events.sentence.task.dependency_added', {
        it: waiting.id === names.it ? 'waiting' : blocked_by_id === names.it ? 'blocker' : 'no',
        task: { name: waiting.title },
        blocker: blocker ? { name: blocker.title } : t('events.sentence.another_task'),
      })
    }
    case 'task.evidence_added':
    case 'task.evidence_removed':
      return say(`events.sentence.${event.type}.${event.payload.evidence.type}`, task(event.payload.task))

    case 'channel.created':
    case 'channel.updated':
      return say(`events.sentence.${event.type}`, { channel: { name: event.payload.channel.name } })
    case 'channel.loop_paused': {
      const { channel_id, messages } = event.payload
      return say('events.sentence.channel.loop_paused', { channel: channel(channel_id), messages })
    }
    case 'channel.loop_resumed': {
      const { channel_id, reason } = event.payload
      return say(`events.sentence.channel.loop_resumed.${reason}`, { channel: channel(channel_id) })
    }
    case 'message.created':
      return wrote(event, channel, user)
    case 'command.invoked': {
      const { command, args, channel_id } = event.payload
      return say('events.sentence.command.invoked', {
        command: { code: cut(`/${command} ${args}`.trim()) },
        channel: channel(channel_id),
      })
    }

    case 'sub_agent.created': {
      const { sub_agent } = event.payload
      return say('events.sentence.sub_agent.created', {
        sub_agent: person(sub_agent),
        model: { code: cut(sub_agent.model) },
      })
    }
    case 'sub_agent.completed': {
      const { sub_agent } = event.payload
      // Its own act, or that of who completed its task.
      return say('events.sentence.sub_agent.completed', {
        own: yes(event.actor.id === sub_agent.id),
        sub_agent: person(sub_agent),
        ...quoted(sub_agent.summary),
      })
    }
    case 'sub_agent.terminated':
      return say('events.sentence.sub_agent.terminated', {
        sub_agent: person(event.payload.sub_agent),
        ...quoted(event.payload.reason),
      })
    case 'sub_agent.expired':
      return say('events.sentence.sub_agent.expired', { sub_agent: person(event.payload.sub_agent) })

    case 'export.requested':
    case 'export.ready':
    case 'export.failed':
      return say(`events.sentence.${event.type}`, { backup: yes(event.payload.export.backup !== null) })
    default:
      event satisfies never
      return [wordsOf(event)]
  }
}

/** A sentence as plain text, its names isolated. */
export function asText(sentence_parts: readonly Part[]): string {
  return sentence_parts
    .map((part) => (typeof part === 'string' ? part : 'name' in part ? isolate(part.name) : part.code))
    .join('')
}

type Rotation = Extract<EventEnvelope, { type: 'api_key.rotated' }>

function rotated({ payload, timestamp }: Rotation, user: Part): Part[] {
  const last = payload.ending
    .map(({ ends_at }) => ends_at)
    .sort()
    .at(-1)
  if (last === undefined) return say('events.sentence.api_key.made', { user })
  return last > timestamp
    ? say('events.sentence.api_key.rotated_until', { user, time: dateTime(last) })
    : say('events.sentence.api_key.rotated', { user })
}

type Posting = Extract<EventEnvelope, { type: 'message.created' }>

function wrote({ payload }: Posting, channel: (id: string) => Part, user: (id: string) => Part): Part[] {
  const { message } = payload
  const where = { channel: channel(message.channel_id) }
  if ('removed' in message) return say('events.sentence.message.removed', where)
  const people = message.mentions.flatMap((id, at) => (at === 0 ? [user(id)] : [', ', user(id)]))
  return say('events.sentence.message.created', {
    ...where,
    reply: yes(message.reply_to !== null),
    mentioned: yes(people.length > 0),
    people: { all: people },
  })
}

/** A choice of a text. */
const yes = (is: boolean) => (is ? 'yes' : 'no')

function fieldList(fields: readonly string[]): string {
  const words: Readonly<Record<string, string>> = FIELD_WORDS
  return fields.map((field) => words[field] ?? field.replaceAll('_', ' ')).join(', ')
}

/** What somebody said with it, if anything. */
function quoted(text: string | null) {
  return { said: yes(!!text), quote: text ? isolate(cut(text)) : '' }
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  const letters = [...line]
  return letters.length > QUOTE_MAX ? `${letters.slice(0, QUOTE_MAX).join('')}…` : line
}

/** A type as words, e.g. "task moved" for one that this page does not know. */
const wordsOf = ({ type }: { type: string }) => type.replaceAll(/[._]/g, ' ')
