import { parseArgs } from 'node:util'
import { SERVER_VERSION } from '../contracts/version.ts'
import { COMMANDS, type Command } from './commands.ts'

type Env = Record<string, string | undefined>

/** Exit code of a command line that cannot be understood. */
const USAGE_ERROR = 2

/**
 * Runs a command line. Returns the exit code; undefined while a server runs. A mistake in the command line is one line and
 * the way to the help, with exit code 2.
 */
export async function runCommandLine(args: readonly string[], env: Env): Promise<number | undefined> {
  const [first = 'serve'] = args
  if (isHelp(first) || first === 'help') {
    console.log(overview())
    return 0
  }
  if (first === '--version' || first === '-v') {
    console.log(SERVER_VERSION)
    return 0
  }
  const found = commandOf(args)
  if (!found) return withoutCommand(args)
  const { command, name, rest } = found
  const values: Record<string, string | boolean | undefined> = {}
  try {
    const parsed = parseArgs({
      args: rest,
      options: { help: { type: 'boolean', short: 'h' }, ...command.options },
      allowPositionals: command.positional !== undefined,
      strict: true,
    })
    const [word, ...surplus] = parsed.positionals
    if (surplus.length > 0) throw new Error(`Unexpected argument '${surplus[0]}'.`)
    if (command.positional !== undefined && word !== undefined) values[command.positional] = word
    Object.assign(values, parsed.values)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage(name, command)}`)
    return USAGE_ERROR
  }
  if (values.help === true) {
    console.log(help(name, command))
    return 0
  }
  const missing = command.required?.find((option) => values[option] === undefined)
  if (missing !== undefined) {
    console.error(`--${missing} is missing.\n\n${usage(name, command)}`)
    return USAGE_ERROR
  }
  return await command.run(env, values)
}

/** The longest name that the words begin with; options alone belong to `serve`. */
function commandOf(args: readonly string[]): { name: string; command: Command; rest: string[] } | undefined {
  const words = args[0] === undefined || args[0].startsWith('-') ? ['serve', ...args] : [...args]
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = COMMANDS[name]
    if (command) return { name, command, rest: words.slice(length) }
  }
  return undefined
}

/** The first word may name a group, such as `migrate`: its usages are the help. */
function withoutCommand([group = '', second = '', ...more]: readonly string[]): number {
  const usages = Object.entries(COMMANDS)
    .filter(([name]) => name.startsWith(`${group} `))
    .map(([name, command]) => usage(name, command))
  if (usages.length === 0 || (second !== '' && !isHelp(second))) {
    const words = [group, second, ...more].join(' ').trim()
    console.error(`There is no command "${words}". Try: mission-control --help`)
    return USAGE_ERROR
  }
  if (isHelp(second)) console.log(usages.join('\n'))
  else console.error(usages.join('\n'))
  return isHelp(second) ? 0 : USAGE_ERROR
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}

function usage(name: string, { arguments_text = '' }: Command): string {
  return `Usage: mission-control ${name}${arguments_text && ` ${arguments_text}`}`
}

function help(name: string, command: Command): string {
  return [usage(name, command), '', command.summary, ...(command.details ?? [])].join('\n')
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, command]) => [
    `${name}${command.arguments_text ? ` ${command.arguments_text}` : ''}`,
    command.summary,
  ])
  const width = Math.max(...rows.map(([left]) => left!.length)) + 2
  return `mission-control ${SERVER_VERSION}

Usage: mission-control [command]

${rows.map(([left, right]) => `  ${left!.padEnd(width)}${right}`).join('\n')}
  ${'--version'.padEnd(width)}print the version
  ${'--help'.padEnd(width)}print this; after a command: print its help

Settings are environment variables; see docs/configuration.md.`
}
