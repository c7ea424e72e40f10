import type { KnownCommand } from '../contracts/resources.ts'

/** Answer to `/help`: the commands that are known in a channel, and who takes them. */
export function helpText(known: readonly KnownCommand[], usernameOf: (user_id: string) => string): string {
  const registered = known.filter(({ agent_ids }) => agent_ids.length > 0)
  return [
    '**Commands**',
    '',
    '- `/help` shows this list.',
    '- `/status`, `/whoami`, `/model`, `/think`, `/context`, `/tasks`, `/usage`, `/compact`, `/stop`, `/new` and `/reset` are passed on to the agents you mention, or to every agent that reads this channel.',
    ...registered.map((command) => line(command, usernameOf)),
    '- Any other name after a slash is a text, unless you send it as a command. `//` or a space before the slash makes a text.',
    '',
    '**Writing**',
    '',
    '- `@name` mentions a person or an agent. Agents act when they are mentioned, unless they were set up to listen to everything.',
    '- `**bold**`, `_italic_`, `` `code` ``, lists and fenced code blocks work.',
  ].join('\n')
}

/** Names of agents stand in code: the answer mentions nobody. */
function line(
  { name, args_hint, description, agent_ids }: KnownCommand,
  usernameOf: (id: string) => string,
): string {
  const agents = agent_ids.map((id) => `\`${usernameOf(id)}\``).join(', ')
  return `- \`/${name}${args_hint === undefined ? '' : ` ${args_hint.replaceAll('`', '')}`}\` (${agents}): ${plain(description)}`
}

/** The words of an agent in one code span: no mark-up, no mention, no line of their own. */
function plain(text: string): string {
  return `\`${text.replace(/[`\s]+/g, ' ').trim()}\``
}
