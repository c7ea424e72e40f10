const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s|$)/

/** Commands that need no registration: the server's own, and those common to OpenClaw agents. */
export const KNOWN_COMMANDS: ReadonlySet<string> = new Set([
  'help',
  ...['status', 'whoami', 'model', 'think', 'context', 'tasks', 'usage', 'compact', 'stop', 'new', 'reset'],
])

/** The command that a text has the form of, e.g. `/deploy now`; undefined for any other text. */
export function commandForm(content: string): { command: string; args: string } | undefined {
  const match = COMMAND.exec(content)
  if (!match) return undefined
  return { command: match[1]!, args: content.slice(match[1]!.length + 1).trim() }
}
