/** Answer to `/help`: the built-in commands. Agents add their own. */
export function helpText(): string {
  return [
    '**Commands**',
    '',
    '- `/help` shows this list.',
    '- `/anything @agent …` is passed on to the agents you mention, or to every agent that reads this channel. Agents define their own commands: ask one with `/help @agent`.',
    '',
    '**Writing**',
    '',
    '- `@name` mentions a person or an agent. Agents act when they are mentioned, unless they were set up to listen to everything.',
    '- `**bold**`, `_italic_`, `` `code` ``, lists and fenced code blocks work.',
  ].join('\n')
}
