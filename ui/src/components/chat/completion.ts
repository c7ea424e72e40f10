import type { Channel, User } from '@contracts/resources.ts'

/** What is being typed at the caret that a list can finish. */
export interface Trigger {
  kind: 'mention' | 'command'
  query: string
  /** Where the `@` or `/` stands. */
  from: number
}

export interface MentionOption {
  user: User
  /** Part of the shown name that matches, as [start, end). */
  match: [number, number] | undefined
  /** Why this one cannot be chosen. */
  reason: string | undefined
}

export interface CommandOption {
  name: string
  what: string
}

/** Commands that the server answers itself; agents define their own, and nobody lists those. */
export const COMMANDS: readonly CommandOption[] = [
  { name: 'help', what: 'Lists the commands that work here' },
]

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

/** Whether a member may read a channel: administrators all, others the org-wide ones and those of their projects. */
export function mayRead(user: User, channel: Pick<Channel, 'type' | 'project_id'>): boolean {
  if (channel.type === 'org_wide' || user.role === 'administrator') return true
  return channel.project_id !== null && user.assigned_project_ids.includes(channel.project_id)
}

/** Members for an `@`: those who can read the channel first, by how their name begins; the others with the reason. */
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
    const reason = mayRead(user, channel) ? undefined : 'Not in this project, cannot read this channel'
    options.push({
      user,
      match: matchIn(user.display_name, query),
      reason,
      rank: rank + (reason ? 10 : 0) + (user.status === 'invited' ? 5 : 0),
    })
  }
  options.sort((a, b) => a.rank - b.rank || a.user.display_name.localeCompare(b.user.display_name))
  return options.slice(0, OPTIONS_MAX)
}

export function commandOptions(query: string): CommandOption[] {
  return COMMANDS.filter(({ name }) => name.startsWith(query))
}

/** 0 when the username begins with it, 1 a name does, 2 a later word of the name does; undefined otherwise. */
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
