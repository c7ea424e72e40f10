/** Answer to `/help`: the built-in commands. Agents add their own. */
export function helpText(): string {
  return [
    '**Commands**',
    '',
    '- `/help` shows this list.',
    '- `/status`, `/whoami`, `/model`, `/think`, `/context`, `/tasks`, `/usage`, `/compact`, `/stop`, `/new` and `/reset` are passed on to the agents you mention, or to every agent that reads this channel.',
    '- Any other name after a slash is a text, unless you send it as a command. `//` or a space before the slash makes a text.',
    '',
    '**Writing**',
    '',
    '- `@name` mentions a person or an agent. Agents act when they are mentioned, unless they were set up to listen to everything.',
    '- `**bold**`, `_italic_`, `` `code` ``, lists and fenced code blocks work.',
  ].join('\n')
}
