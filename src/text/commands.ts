const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s|$)/

/** Commands that need no registration: the server's own, and those common to OpenClaw agents. */
export const BUILT_IN_COMMANDS = new Map([
  ['help', 'Lists the commands that work here'],
  ['status', 'What the agent is doing'],
  ['whoami', 'As whom the agent knows you'],
  ['model', 'Shows or sets the model of the agent'],
  ['think', 'Sets how much the agent thinks'],
  ['context', 'What is in the memory of the session'],
  ['tasks', 'The tasks of the agent'],
  ['usage', 'What the session has used'],
  ['compact', 'Shortens the memory of the session'],
  ['stop', 'Stops what the agent is doing'],
  ['new', 'Starts a new session'],
  ['reset', 'Starts a new session'],
] as const)
export const KNOWN_COMMANDS: ReadonlySet<string> = new Set<string>(BUILT_IN_COMMANDS.keys())

/** The command that a text has the form of, e.g. `/deploy now`; undefined for any other text. */
export function commandForm(content: string): { command: string; args: string } | undefined {
  const match = COMMAND.exec(content)
  if (!match) return undefined
  return { command: match[1]!, args: content.slice(match[1]!.length + 1).trim() }
}
