import { LIMITS } from '@contracts/limits.ts'
import type { Channel, User } from '@contracts/resources.ts'
import { commandForm, KNOWN_COMMANDS } from '@text/commands.ts'
import { mentionsIn } from '@text/mentions.ts'
import { withoutBlankEnds } from '@text/visible.ts'

/** Which agents a message wakes: the rules of the server and of the agents' clients, for a text that is not sent yet. Pure. */

export interface WakeDraft {
  content: string
  /** Sender of the message that it replies to. */
  reply_author_id: string | null
  /** Agents that the author does not want to wake. */
  leave_out: readonly string[]
}

export interface WakePlace {
  channel: Pick<Channel, 'project_id'>
  /** Agents that read the channel. */
  agents: readonly User[]
  /** Members under their username, and under those that still lead to them. */
  byUsername: ReadonlyMap<string, User>
  mayRead(user: User): boolean
}

export type WakeReason = 'mention' | 'command' | 'reply' | 'rule'

export interface Wake {
  agent: User
  why: WakeReason
  /** It would be woken, and is left out. */
  left_out: boolean
}

/** The agents that a text wakes and those that it leaves out, in the order of their mention, then of `agents`. */
export function wakesOf(draft: WakeDraft, place: WakePlace): Wake[] {
  const content = withoutBlankEnds(draft.content)
  if (content === '' || place.agents.length === 0) return []
  const left_out = new Set(draft.leave_out)
  const woken = reasons(content, draft.reply_author_id, place, left_out)
  const anyway = left_out.size === 0 ? woken : reasons(content, draft.reply_author_id, place, new Set())
  const all = new Map([...anyway, ...woken])
  return [...all].map(([agent, why]) => ({ agent, why, left_out: left_out.has(agent.id) }))
}

/** The agents of a list of wakes that the post names in `leave_out`. */
export function leaveOutOf(wakes: readonly Wake[]): string[] {
  return wakes.flatMap(({ agent, left_out }) => (left_out ? [agent.id] : [])).slice(0, LIMITS.mentions_max)
}

function reasons(
  content: string,
  reply_author_id: string | null,
  place: WakePlace,
  left_out: ReadonlySet<string>,
): Map<User, WakeReason> {
  const agents = place.agents.filter(({ id }) => !left_out.has(id))
  const mentioned = mentionedAgents(content, place, left_out)
  const command = commandForm(content)?.command
  if (command !== undefined && isKnown(command, place.agents)) {
    const targets = command === 'help' ? [] : commandTargets(command, agents, mentioned)
    return new Map(targets.map((agent) => [agent, 'command']))
  }
  const woken = new Map<User, WakeReason>(mentioned.map((agent) => [agent, 'mention']))
  for (const agent of agents) {
    if (woken.has(agent)) continue
    if (agent.id === reply_author_id) woken.set(agent, 'reply')
    else if (wakesByRule(agent, place.channel)) woken.set(agent, 'rule')
  }
  return woken
}

/** Agents among the members that the text mentions; beyond the limit the server notifies nobody. */
function mentionedAgents(content: string, place: WakePlace, left_out: ReadonlySet<string>): User[] {
  const found = new Set<User>()
  for (const name of mentionsIn(content, (one) => place.byUsername.has(one))) {
    const user = place.byUsername.get(name)
    if (user && place.mayRead(user) && !left_out.has(user.id)) found.add(user)
  }
  return [...found].slice(0, LIMITS.mentions_max).filter(({ type }) => type === 'agent')
}

function isKnown(command: string, agents: readonly User[]): boolean {
  return KNOWN_COMMANDS.has(command) || registered(command, agents).length > 0
}

const registered = (command: string, agents: readonly User[]) =>
  agents.filter(({ commands = [] }) => commands.some(({ name }) => name === command))

/** Mentioned agents, else those that registered the command, else all. */
function commandTargets(
  command: string,
  agents: readonly User[],
  mentioned: readonly User[],
): readonly User[] {
  if (mentioned.length > 0) return mentioned
  const takers = registered(command, agents)
  return takers.length > 0 ? takers : agents
}

/** Whether the client of an agent starts a turn for any text of a person here. */
function wakesByRule({ client, assigned_project_ids }: User, { project_id }: WakePlace['channel']): boolean {
  if (client?.wake === 'all') return true
  return client?.wake === 'project' && project_id !== null && assigned_project_ids.includes(project_id)
}
