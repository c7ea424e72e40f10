import type { EventPayload } from '../../../src/contracts/event-payloads.ts'
import type { AgentCommand } from '../../../src/contracts/resources.ts'
import { usernameForm } from '../../../src/contracts/usernames.ts'
import { cleanLine, cleanLines } from './clean.ts'

/** What may stand after a command: nothing (what stands there is dropped), a few plain words, or a line of text. */
type Args = 'none' | 'words' | 'text'

/**
 * How a command is carried out. `pass`: at the gateway, again if its outcome is unknown. `once`: at the gateway, not again.
 * `stop`: aborts the turn under way. `reset`: the next message begins a new session.
 */
export type CommandWay = 'pass' | 'once' | 'stop' | 'reset'

interface Allowed {
  description: string
  args: Args
  args_hint?: string
  way: CommandWay
}

/** All that people may ask of a gateway from a channel. Whatever is not here is refused. */
const ALLOWED: Readonly<Record<string, Allowed>> = {
  status: { description: 'What the agent is doing', args: 'none', way: 'pass' },
  whoami: { description: 'As whom the agent knows you', args: 'none', way: 'pass' },
  model: {
    description: 'Shows or sets the model of the session',
    args: 'words',
    args_hint: '<name>',
    way: 'pass',
  },
  think: {
    description: 'Sets how much the agent thinks',
    args: 'words',
    args_hint: '<level>',
    way: 'pass',
  },
  context: { description: 'What is in the memory of the session', args: 'words', way: 'pass' },
  tasks: { description: 'The background tasks of the agent', args: 'none', way: 'pass' },
  usage: { description: 'What the session has used', args: 'words', way: 'pass' },
  compact: {
    description: 'Shortens the memory of the session',
    args: 'text',
    args_hint: '<what to keep>',
    way: 'once',
  },
  stop: { description: 'Stops what the agent is doing', args: 'none', way: 'stop' },
  new: { description: 'Starts a new session', args: 'none', way: 'reset' },
  reset: { description: 'Starts a new session', args: 'none', way: 'reset' },
}

/** Commands of a gateway that run something on its host or change its configuration: refused with these words. */
const OF_THE_HOST: readonly string[] = [
  ...['bash', 'exec', 'elevated', 'config', 'debug', 'restart', 'update', 'plugins', 'mcp', 'hooks', 'cron'],
  ...['allowlist', 'approve', 'activation', 'send', 'acp', 'subagents', 'sandbox', 'tools', 'trace'],
]

const ARGS_CHARACTERS_MAX = 500
/** Letters, digits and what names of models are made of; none of them begins an option or another command. */
const WORDS = /^(?:[\p{L}\p{N}][\p{L}\p{N}._:@/+-]*(?: |$)){1,4}$/u
/** A slash that may begin a directive: gateways find them in the middle of a text too. */
const DIRECTIVE = /(?<![\p{L}\p{N}])\//u

/** `text` is what the gateway is told, or what the channel is told in place of it. */
export type CommandVerdict =
  | { verdict: 'take'; way: CommandWay; text: string }
  | { verdict: 'refuse'; text: string }
  /** Of somebody else's concern. */
  | { verdict: 'ignore' }

type Invoked = Pick<EventPayload<'command.invoked'>, 'command' | 'args' | 'sender' | 'target_agent_ids'>

/** Commands as the agent registers them at the server. */
export function registeredCommands(): AgentCommand[] {
  return Object.entries(ALLOWED).map(([name, { description, args_hint }]) => ({
    name,
    description,
    ...(args_hint === undefined ? {} : { args_hint }),
  }))
}

/**
 * What becomes of a command for this agent. All people of the org may give all commands of the list, agents none. The text for
 * the gateway is made of the event's fields alone, in one line. `usernames` are those of the agents that the command is for:
 * mentions of them are its address, not its arguments.
 */
export function judgeCommand(
  { command, args, sender, target_agent_ids }: Invoked,
  usernames: readonly string[],
): CommandVerdict {
  // The server answers it.
  if (command === 'help') return { verdict: 'ignore' }
  if (sender.type !== 'human') return refuse('Only people give commands.')
  const name = command.toLowerCase()
  const allowed = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined
  if (!allowed) return unknown(name, target_agent_ids.length === 1)
  const line = argsOf(allowed.args, args, usernames)
  if (line === undefined) return refuse(wrongArgs(name, allowed.args))
  return { verdict: 'take', way: allowed.way, text: line === '' ? `/${name}` : `/${name} ${line}` }
}

/** How a command's text for the gateway is carried out; undefined for any other text. */
export function wayOfText(text: string): CommandWay | undefined {
  const [, name = ''] = /^\/([a-z]+)(?: |$)/.exec(text) ?? []
  return Object.hasOwn(ALLOWED, name) ? ALLOWED[name]?.way : undefined
}

function unknown(name: string, only_me: boolean): CommandVerdict {
  const shown = /^[a-z][a-z0-9_-]{0,31}$/.test(name) ? `/${name}` : 'This command'
  if (OF_THE_HOST.includes(name))
    return refuse(
      `${shown} runs or reconfigures the agent's host. It is not taken from a channel, only at the host itself.`,
    )
  // Without a mention a command goes to every agent: another one may know it.
  if (!only_me) return { verdict: 'ignore' }
  const known = Object.keys(ALLOWED)
    .map((one) => `/${one}`)
    .join(' ')
  return refuse(`${shown} is not a command of this agent. It takes ${known}`)
}

/** One clean line; undefined when it is not of the kind that the command takes. */
function argsOf(kind: Args, args: string, usernames: readonly string[]): string | undefined {
  if (kind === 'none') return ''
  if (cleanLines(args.trim()).length > 1) return undefined
  const line = withoutMentions(cleanLine(args), usernames)
  if (line === '') return ''
  if (line.includes('\ufffd') || [...line].length > ARGS_CHARACTERS_MAX) return undefined
  const fits = kind === 'words' ? WORDS.test(line) : !DIRECTIVE.test(line)
  return fits ? line : undefined
}

function withoutMentions(line: string, usernames: readonly string[]): string {
  const isMention = (word: string) =>
    word.startsWith('@') && usernames.includes(usernameForm(word.slice(1).replace(/[.,:;!?]+$/, '')))
  return line
    .split(' ')
    .filter((word) => !isMention(word))
    .join(' ')
}

function wrongArgs(name: string, kind: Args): string {
  return kind === 'words'
    ? `After /${name} there may be up to four plain words, in one line.`
    : `After /${name} there may be one line of at most ${ARGS_CHARACTERS_MAX} characters, without another command.`
}

function refuse(text: string): CommandVerdict {
  return { verdict: 'refuse', text }
}
