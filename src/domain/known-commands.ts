import type { AgentCommand, KnownCommand } from '../contracts/resources.ts'
import { BUILT_IN_COMMANDS, KNOWN_COMMANDS } from '../text/commands.ts'
import type { Member } from './permission-snapshot.ts'
import type { Permissions } from './permissions.ts'

/** The agents that read a channel. */
export function agentsOf(permissions: Permissions, channel_id: string): Member[] {
  return permissions.readersOf(channel_id).filter(({ type }) => type === 'agent')
}

/** Agents of a channel that registered a command. */
export function registeredBy(permissions: Permissions, channel_id: string, name: string): Member[] {
  return agentsOf(permissions, channel_id).filter(({ commands }) =>
    commands?.some((one) => one.name === name),
  )
}

/** Whether a name after a slash is taken as a command without a question. */
export function isKnownCommand(permissions: Permissions, channel_id: string, name: string): boolean {
  return KNOWN_COMMANDS.has(name) || registeredBy(permissions, channel_id, name).length > 0
}

/** Whether an agent of the channel takes a command: one that is common to agents, or one that it registered. */
export function isTaken(permissions: Permissions, channel_id: string, name: string): boolean {
  if (KNOWN_COMMANDS.has(name)) return agentsOf(permissions, channel_id).length > 0
  return registeredBy(permissions, channel_id, name).length > 0
}

/** Commands that are known in a channel, by name. Of several agents with one command the first describes it. */
export function knownCommands(permissions: Permissions, channel_id: string): KnownCommand[] {
  const known = new Map<string, KnownCommand>()
  for (const [name, description] of BUILT_IN_COMMANDS) known.set(name, { name, description, agent_ids: [] })
  for (const { user_id, commands = [] } of agentsOf(permissions, channel_id))
    for (const command of commands) add(known, command, user_id)
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function add(known: Map<string, KnownCommand>, command: AgentCommand, agent_id: string): void {
  const before = known.get(command.name)
  if (before && before.agent_ids.length > 0) before.agent_ids.push(agent_id)
  else known.set(command.name, { ...command, agent_ids: [agent_id] })
}
