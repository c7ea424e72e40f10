import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { similar } from '../config/suggest.ts'
import { helpOf, overview, usageOf } from './help.ts'

/** A command line, understood. */
export type CommandLine =
  | { command: 'run'; config: string | undefined }
  | { command: 'check'; config: string | undefined; json: boolean; post: boolean }
  | { command: 'init'; config: string | undefined; force: boolean; yes: boolean }
  | { command: 'status'; config: string | undefined; json: boolean }
  | { command: 'service install'; config: string | undefined; user: boolean; print: boolean }
  | { command: 'version' }
  /** Text to print, with exit code 0. */
  | { command: 'help'; text: string }
  /** A mistake in the command line and the way out, with exit code 2. */
  | { command: 'mistake'; text: string }

const CONFIG = { config: { type: 'string', short: 'c' } } as const

/** Options of each command, as `node:util` parses them. */
export const OPTIONS = {
  run: CONFIG,
  init: { ...CONFIG, force: { type: 'boolean' }, yes: { type: 'boolean', short: 'y' } },
  check: { ...CONFIG, json: { type: 'boolean' }, post: { type: 'boolean' } },
  status: { ...CONFIG, json: { type: 'boolean' } },
  'service install': { ...CONFIG, user: { type: 'boolean' }, print: { type: 'boolean' } },
  version: {},
} as const satisfies Record<string, ParseArgsOptionsConfig>

export type CommandName = keyof typeof OPTIONS

/** Reads a command line. Never throws. */
export function parseArguments(args: readonly string[]): CommandLine {
  const [first] = args
  if (first === undefined) return { command: 'mistake', text: overview() }
  if (first === 'help' && args.length > 1) return parseArguments([...args.slice(1), '--help'])
  if (first === 'help' || isHelp(first)) return { command: 'help', text: overview() }
  if (first === '--version' || first === '-v') return { command: 'version' }
  const found = nameOf(args)
  if (found === undefined) return unknown(args)
  return parseOptions(found, args.slice(found.split(' ').length))
}

const isHelp = (word: string | undefined) => word === '--help' || word === '-h'

const NAMES = Object.keys(OPTIONS).filter((name): name is CommandName => name in OPTIONS)

const nameOf = (args: readonly string[]) =>
  NAMES.find((name) => name.split(' ').every((word, i) => args[i] === word))

function unknown(args: readonly string[]): CommandLine {
  const [group, second] = args
  const below = NAMES.filter((name) => name.startsWith(`${group} `))
  if (below.length > 0 && isHelp(second)) return { command: 'help', text: below.map(helpOf).join('\n\n') }
  if (below.length > 0) return { command: 'mistake', text: below.map(usageOf).join('\n') }
  const near = similar(group ?? '', NAMES)
  const hint = near ? `Did you mean: mc-bridge ${near}` : 'See: mc-bridge --help'
  return { command: 'mistake', text: `There is no command ${JSON.stringify(group)}. ${hint}` }
}

function parseOptions(name: CommandName, args: string[]): CommandLine {
  const options: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' }, ...OPTIONS[name] }
  try {
    const { values } = parseArgs({ args, options, allowPositionals: false, strict: true })
    if (values.help === true) return { command: 'help', text: helpOf(name) }
    return commandLine(name, values)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
    return { command: 'mistake', text: `${reason.replace(/\.?$/, '.')}\n\n${usageOf(name)}` }
  }
}

function commandLine(name: CommandName, values: Record<string, unknown>): CommandLine {
  const config = typeof values.config === 'string' ? values.config : undefined
  const flag = (option: string) => values[option] === true
  switch (name) {
    case 'run':
      return { command: name, config }
    case 'check':
      return { command: name, config, json: flag('json'), post: flag('post') }
    case 'init':
      return { command: name, config, force: flag('force'), yes: flag('yes') }
    case 'status':
      return { command: name, config, json: flag('json') }
    case 'service install':
      return { command: name, config, user: flag('user'), print: flag('print') }
    case 'version':
      return { command: name }
  }
}
