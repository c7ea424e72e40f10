import type { EventEnvelope } from '@contracts/events.ts'
import type { Task, User } from '@contracts/resources.ts'
import {
  type AccountChange,
  EVENT_TYPES,
  type EventType,
  type KeyRefusal,
  type LoopResumeReason,
  type SessionEnd,
  type SignInProof,
} from '@contracts/vocabulary.ts'
import { dateTime } from '../../composables/times.ts'
import { isolate } from '../base/isolate.ts'
import { STAGE_WORDS } from '../projects/project-words.ts'
import { EVIDENCE_WORDS, STATUS_WORDS } from '../tasks/task-words.ts'

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

const METHOD_WORDS: Record<SignInProof, string> = {
  github: 'GitHub',
  google: 'Google',
  oidc: 'OpenID Connect',
  password: 'a password',
  second_factor: 'a wrong code',
  passkey: 'a passkey',
}
const KEY_REFUSAL_WORDS: Record<KeyRefusal, string> = {
  malformed: 'a malformed key',
  unknown: 'an unknown key',
  wrong: 'a wrong key',
  revoked: 'a revoked key',
  expired: 'an expired key',
}
const SESSION_END_WORDS: Record<SessionEnd, string> = {
  logout: 'signed out',
  revoked: 'ended a session',
  password: 'ended a session by a new password',
  second_factor: 'ended a session by turning on the second factor',
}
const ACCOUNT_CHANGE_WORDS: Record<AccountChange, string> = {
  email: 'changed the own e-mail address',
  second_factor_on: 'turned on the own second factor',
  second_factor_off: 'turned off the own second factor',
  recovery_codes: 'made new recovery codes',
  recovery_code_used: 'used a recovery code',
  passkey_added: 'added a passkey',
  passkey_removed: 'removed a passkey',
}
const RESUME_WORDS: Record<LoopResumeReason, string> = {
  human: 'a person wrote',
  time: 'the pause was over',
  administrator: 'an administrator said so',
}

/**
 * What an event says, after the name of its actor: one sentence for each type of the vocabulary. A type without one does
 * not compile; a newer server may send a type unknown to this page.
 */
export function sentence(event: EventEnvelope, names: Names): Part[] {
  const user = (id: string): Part => ({ name: names.user(id) })
  const person = ({ display_name }: Pick<User, 'display_name'>): Part => ({ name: display_name })
  const channel = (id: string): Part => ({ name: names.channel(id) })
  const task = ({ id, title }: Pick<Task, 'id' | 'title'>): Part => (id === names.it ? 'it' : { name: title })
  const project = ({ id, name }: { id: string; name: string }): Part => (id === names.it ? 'it' : { name })
  /** Left out where the history of the thing says it already. */
  const rest = (word: string, thing: Part) => (thing === 'it' ? [] : [word, thing])

  switch (event.type) {
    case 'org.created':
      return ['created the organization ', { name: event.payload.org.name }]
    case 'org.updated':
      return ['renamed the organization to ', { name: event.payload.org.name }]
    case 'org.settings_changed':
      return ['changed the settings']
    case 'org.suspended':
      return ['suspended the organization']
    case 'org.resumed':
      return ['resumed the organization']
    case 'org.deletion_initiated': {
      const { deletion_at } = event.payload.org
      return ['started the deletion of the organization', deletion_at ? `, due ${dateTime(deletion_at)}` : '']
    }
    case 'org.restored':
      return ['cancelled the deletion of the organization']

    case 'user.created': {
      const { user: added } = event.payload
      const verb = added.status === 'invited' ? 'invited ' : `added the ${kindOf(added)} `
      return [verb, person(added)]
    }
    case 'user.updated': {
      const { user: changed } = event.payload
      return changed.id === event.actor.id
        ? ['changed the own profile']
        : ['changed the profile of ', person(changed)]
    }
    case 'user.role_changed': {
      const { user: changed, to_role } = event.payload
      return ['made ', person(changed), to_role === 'administrator' ? ' an administrator' : ' a contributor']
    }
    case 'user.removed':
      return event.payload.user.id === event.actor.id
        ? ['left the organization']
        : ['removed ', person(event.payload.user)]
    case 'api_key.rotated':
      return rotated(event, user(event.payload.user_id))
    case 'api_key.revoked':
      return ['revoked all keys of ', user(event.payload.user_id)]
    case 'api_key.rotation_due': {
      const { user_id, key, age_days } = event.payload
      return [
        'reminded that the key ',
        { code: `${key.prefix}…` },
        ' of ',
        user(user_id),
        ` is ${age_days} days old`,
      ]
    }

    case 'scim_token.created':
      return ['made the provisioning token ', { code: event.payload.scim_token.name }]
    case 'scim_token.revoked':
      return ['revoked the provisioning token ', { code: event.payload.scim_token.name }]

    case 'auth.login_success':
      return [`signed in with ${METHOD_WORDS[event.payload.method]}`]
    case 'auth.login_failure': {
      const { user_id, method, count } = event.payload
      return [`refused sign-in with ${METHOD_WORDS[method]} for `, user(user_id), repeated(count)]
    }
    case 'auth.api_key_failure': {
      const { user_id, reason, count } = event.payload
      return [`refused ${KEY_REFUSAL_WORDS[reason]} of `, user(user_id), repeated(count)]
    }
    case 'auth.session_revoked':
      return event.payload.user_id === event.actor.id
        ? [SESSION_END_WORDS[event.payload.reason]]
        : ['ended a session of ', user(event.payload.user_id)]
    case 'auth.sign_in_link_created':
      return ['made a sign-in link for ', user(event.payload.user_id)]
    case 'auth.identity_linked':
    case 'auth.identity_unlinked': {
      const { user_id, provider } = event.payload
      const way = METHOD_WORDS[provider]
      return event.type === 'auth.identity_linked'
        ? [`added ${way} as a way to sign in for `, user(user_id)]
        : [`removed ${way} as a way to sign in for `, user(user_id)]
    }
    case 'auth.password_changed':
      return event.payload.user_id === event.actor.id
        ? ['changed the own password']
        : ['changed the password of ', user(event.payload.user_id)]
    case 'auth.account_changed':
      return [ACCOUNT_CHANGE_WORDS[event.payload.change]]

    case 'project.created':
      return ['created ', project(event.payload.project)]
    case 'project.updated':
      return ['changed ', fieldList(event.payload.changed), ...rest(' of ', project(event.payload.project))]
    case 'project.transitioned': {
      const { project: moved, from_stage, to_stage, comment } = event.payload
      const stages = ` from ${STAGE_WORDS[from_stage]} to ${STAGE_WORDS[to_stage]}`
      return ['moved ', project(moved), stages, ...quoted(comment)]
    }
    case 'project.archived':
      return ['ended ', project(event.payload.project)]
    case 'project.user_assigned':
      return ['added ', user(event.payload.user_id), ...rest(' to ', project(event.payload.project))]
    case 'project.user_unassigned':
      return ['removed ', user(event.payload.user_id), ...rest(' from ', project(event.payload.project))]

    case 'task.created':
      return ['created ', task(event.payload.task)]
    case 'task.updated':
      return ['changed ', fieldList(event.payload.changed), ...rest(' of ', task(event.payload.task))]
    case 'task.transitioned': {
      const { task: moved, from_status, to_status, comment } = event.payload
      const statuses = ` from ${STATUS_WORDS[from_status]} to ${STATUS_WORDS[to_status]}`
      return ['moved ', task(moved), statuses, ...quoted(comment)]
    }
    case 'task.assigned':
      return ['assigned ', user(event.payload.user_id), ...rest(' to ', task(event.payload.task))]
    case 'task.unassigned':
      return ['unassigned ', user(event.payload.user_id), ...rest(' from ', task(event.payload.task))]
    case 'task.dependency_added': {
      const { task: waiting, blocked_by_id } = event.payload
      const blocker = waiting.blocked_by.find(({ id }) => id === blocked_by_id)
      return ['let ', task(waiting), ' wait for ', blocker ? task(blocker) : 'another task']
    }
    case 'task.dependency_removed':
      return ['removed a dependency', ...rest(' of ', task(event.payload.task))]
    case 'task.evidence_added':
    case 'task.evidence_removed': {
      const added = event.type === 'task.evidence_added'
      const what = EVIDENCE_WORDS[event.payload.evidence.type]
      return [
        `${added ? 'added' : 'removed'} evidence, ${what.toLowerCase()}`,
        ...rest(added ? ', to ' : ', from ', task(event.payload.task)),
      ]
    }
    case 'task.unblocked':
      return ['unblocked ', task(event.payload.task)]
    case 'task.archived':
      return ['archived ', task(event.payload.task)]

    case 'channel.created':
      return ['created the channel ', { name: event.payload.channel.name }]
    case 'channel.updated':
      return ['renamed the channel to ', { name: event.payload.channel.name }]
    case 'channel.loop_paused': {
      const { channel_id, messages } = event.payload
      return [`paused agents after ${messages} messages in a row in `, channel(channel_id)]
    }
    case 'channel.loop_resumed': {
      const { channel_id, reason } = event.payload
      return ['let agents go on in ', channel(channel_id), `: ${RESUME_WORDS[reason]}`]
    }
    case 'message.created':
      return wrote(event, channel, user)
    case 'command.invoked': {
      const { command, args, channel_id } = event.payload
      return ['ran ', { code: cut(`/${command} ${args}`.trim()) }, ' in ', channel(channel_id)]
    }

    case 'sub_agent.created': {
      const { sub_agent } = event.payload
      return ['spawned the sub-agent ', person(sub_agent), ', model ', { code: cut(sub_agent.model) }]
    }
    case 'sub_agent.completed':
      return completed(event)
    case 'sub_agent.terminated':
      return ['terminated the sub-agent ', person(event.payload.sub_agent), ...quoted(event.payload.reason)]
    case 'sub_agent.expired':
      return ['ended the sub-agent ', person(event.payload.sub_agent), ': its time was over']

    case 'export.requested':
      return [event.payload.export.backup ? 'began a backup' : 'asked for an export']
    case 'export.ready':
      return [event.payload.export.backup ? 'finished a backup' : 'finished an export']
    case 'export.failed':
      return [event.payload.export.backup ? 'could not finish a backup' : 'could not finish an export']
    default:
      event satisfies never
      return [wordsOf(event)]
  }
}

/** A sentence as plain text, its names isolated. */
export function asText(parts: readonly Part[]): string {
  return parts
    .map((part) => (typeof part === 'string' ? part : 'name' in part ? isolate(part.name) : part.code))
    .join('')
}

type Rotation = Extract<EventEnvelope, { type: 'api_key.rotated' }>

function rotated({ payload, timestamp }: Rotation, agent: Part): Part[] {
  const last = payload.ending
    .map(({ ends_at }) => ends_at)
    .sort()
    .at(-1)
  if (last === undefined) return ['made a key for ', agent]
  const until = last > timestamp ? `works until ${dateTime(last)}` : 'ended at once'
  return ['rotated the key of ', agent, `; the former one ${until}`]
}

type Completion = Extract<EventEnvelope, { type: 'sub_agent.completed' }>

/** Its own act, or that of who completed its task. */
function completed({ actor, payload: { sub_agent } }: Completion): Part[] {
  const what = actor.id === sub_agent.id ? [] : [' the sub-agent ', { name: sub_agent.display_name }]
  return [what.length === 0 ? 'completed its work' : 'completed', ...what, ...quoted(sub_agent.summary)]
}

type Posting = Extract<EventEnvelope, { type: 'message.created' }>

function wrote({ payload }: Posting, channel: (id: string) => Part, user: (id: string) => Part): Part[] {
  const { message } = payload
  if ('removed' in message) return ['wrote in ', channel(message.channel_id), ', removed since']
  const mentions = message.mentions.flatMap((id, at) => [at === 0 ? ', mentions ' : ', ', user(id)])
  const reply = message.reply_to === null ? '' : ', in reply'
  return ['wrote in ', channel(message.channel_id), reply, ...mentions]
}

const kindOf = ({ type }: Pick<User, 'type'>) => (type === 'agent' ? 'agent' : 'person')
const repeated = (count: number) => (count > 1 ? `, ${count} times within a minute` : '')
/** Names of fields as words: `assignee_ids` are assignees. */
const fieldList = (fields: readonly string[]) =>
  fields.map((field) => field.replace(/_ids$/, 's').replace(/_id$/, '').replaceAll('_', ' ')).join(', ')

function quoted(text: string | null): Part[] {
  return text ? [': “', isolate(cut(text)), '”'] : []
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  const letters = [...line]
  return letters.length > QUOTE_MAX ? `${letters.slice(0, QUOTE_MAX).join('')}…` : line
}

/** A type as words, e.g. "task moved" for one that this page does not know. */
const wordsOf = ({ type }: { type: string }) => type.replaceAll(/[._]/g, ' ')

/** Kinds of events, each with its types and the glyph of its rows. */
export const EVENT_KINDS = kinds({
  task: ['Tasks', 'tasks'],
  project: ['Projects', 'projects'],
  message: ['Messages', 'message'],
  command: ['Commands', 'terminal'],
  channel: ['Channels', 'hash'],
  user: ['Members', 'user'],
  api_key: ['Keys', 'key'],
  scim_token: ['Provisioning', 'link'],
  auth: ['Sign-in', 'shield'],
  org: ['Organization', 'settings'],
  sub_agent: ['Sub-agents', 'timer'],
  export: ['Exports', 'download'],
})

type KindOf<T extends EventType> = T extends `${infer Kind}.${string}` ? Kind : never
export type EventKind = KindOf<EventType>

/** A kind of the vocabulary without words does not compile. */
function kinds(words: Record<EventKind, readonly [label: string, icon: string]>) {
  return Object.entries(words).map(([kind, [label, icon]]) => ({
    kind,
    label,
    icon,
    wanted: `${kind}.*`,
    types: EVENT_TYPES.filter((type) => type.startsWith(`${kind}.`)),
  }))
}

const ICONS: Partial<Record<string, string>> = {
  'task.evidence_added': 'pr',
  'task.evidence_removed': 'pr',
  'task.dependency_added': 'link',
  'task.dependency_removed': 'link',
  'task.assigned': 'user',
  'task.unassigned': 'user',
  'task.updated': 'edit',
  'project.updated': 'edit',
  'project.user_assigned': 'user',
  'project.user_unassigned': 'user',
  'channel.loop_paused': 'stop',
}

/** Glyph of an event type; unknown types have that of the log. */
export function iconOf(type: string): string {
  return ICONS[type] ?? EVENT_KINDS.find(({ kind }) => type.startsWith(`${kind}.`))?.icon ?? 'events'
}
