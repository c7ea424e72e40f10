import type { Channel, User } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'
import { BUILT_IN_COMMANDS } from '@text/commands.ts'
import { t } from '../../i18n/index.ts'
import { isolate } from '../base/isolate.ts'

/** The incomplete mention or command at the caret. */
export interface Trigger {
  kind: 'mention' | 'command'
  query: string
  /** Index of the `@` or `/`. */
  from: number
}

export interface MentionOption {
  user: User
  /** The matching part of the display name, as [start, end). */
  match: [number, number] | undefined
  /** Why the user cannot be chosen; undefined if possible. */
  reason: string | undefined
}

export interface CommandOption {
  name: string
  what: string
}

const OPTIONS_MAX = 8

/** The trigger that ends at the caret, if any. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const before = text.slice(0, caret)
  const command = /^\/([a-z0-9_-]*)$/.exec(before)
  if (command) return { kind: 'command', query: command[1] ?? '', from: 0 }
  const mention = /(?<![\p{L}\p{N}_.@/-])@([\p{L}\p{N}._-]{0,40})$/u.exec(before)
  return mention
    ? { kind: 'mention', query: (mention[1] ?? '').toLowerCase(), from: mention.index }
    : undefined
}

/** Whether a member may read a channel: administrators every channel, others the org-wide ones and those of their projects. */
export function mayRead(user: User, channel: Pick<Channel, 'type' | 'project_id'>): boolean {
  if (channel.type === 'org_wide' || user.role === 'administrator') return true
  return channel.project_id !== null && user.assigned_project_ids.includes(channel.project_id)
}

/** Members that match an `@` query, best match first. Members who cannot read the channel come last, with the reason. */
export function mentionOptions(
  members: readonly User[],
  channel: Pick<Channel, 'type' | 'project_id'>,
  query: string,
): MentionOption[] {
  const options: (MentionOption & { rank: number })[] = []
  for (const user of members) {
    if (user.status === 'deactivated') continue
    const rank = rankOf(user, query)
    if (rank === undefined) continue
    const reason = mayRead(user, channel) ? undefined : t('chat.suggest.cannot_read')
    options.push({
      user,
      match: matchIn(user.display_name, query),
      reason,
      rank: rank + (reason ? 10 : 0) + (user.status === 'invited' ? 5 : 0),
    })
  }
  options.sort((a, b) => a.rank - b.rank || compareNames(a.user.display_name, b.user.display_name))
  return options.slice(0, OPTIONS_MAX)
}

/**
 * The commands that are known in a channel: the server's own, and with an agent in it those that its agents registered, then
 * those common to agents.
 */
export function knownCommands(
  members: readonly User[],
  channel: Pick<Channel, 'type' | 'project_id'>,
): CommandOption[] {
  const agents = members.filter((user) => user.type === 'agent' && mayRead(user, channel))
  const known = new Map<string, string>()
  const addBuiltIn = (isWanted: (name: string) => boolean) => {
    for (const name of BUILT_IN_COMMANDS.keys())
      if (isWanted(name) && !known.has(name)) known.set(name, t(`chat.command.${name}`))
  }
  addBuiltIn((name) => name === 'help')
  for (const { commands = [], display_name } of agents)
    for (const { name, args_hint, description } of commands)
      known.set(
        name,
        `${args_hint === undefined ? '' : `${args_hint}: `}${description} (${isolate(display_name)})`,
      )
  addBuiltIn(() => agents.length > 0)
  return [...known].map(([name, what]) => ({ name, what }))
}

export function commandOptions(known: readonly CommandOption[], query: string): CommandOption[] {
  return known.filter(({ name }) => name.startsWith(query)).slice(0, OPTIONS_MAX)
}

/** 0: the username starts with the query, 1: the display name does, 2: a later word of it does; undefined: no match. */
function rankOf({ username, display_name }: User, query: string): number | undefined {
  const name = display_name.toLowerCase()
  if (username.startsWith(query)) return 0
  if (name.startsWith(query)) return 1
  return name.split(/[\s._-]+/u).some((word) => word.startsWith(query)) ? 2 : undefined
}

function matchIn(display_name: string, query: string): [number, number] | undefined {
  const name = display_name.toLowerCase()
  for (let at = name.indexOf(query); query !== '' && at >= 0; at = name.indexOf(query, at + 1))
    if (at === 0 || /[\s._-]/.test(name[at - 1] ?? '')) return [at, at + query.length]
  return undefined
}

/** Whether a position is inside a fenced code block that is open there. */
export function insideFence(text: string, at: number): boolean {
  let fence: string | undefined
  for (const line of text.slice(0, at).split('\n').slice(0, -1)) {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (marks === undefined) continue
    if (fence === undefined) fence = marks
    else if (marks.startsWith(fence)) fence = undefined
  }
  return fence !== undefined
}
