import { describe, expect, test } from 'bun:test'
import { OPTIONS, parseArguments } from '../../src/cli/arguments.ts'

const parse = (line: string) => parseArguments(line === '' ? [] : line.split(' '))

describe('a command line', () => {
  test.each([
    ['run', { command: 'run', config: undefined }],
    ['run --config /x/y.yaml', { command: 'run', config: '/x/y.yaml' }],
    ['run -c y.yaml', { command: 'run', config: 'y.yaml' }],
    ['check --config=y.yaml', { command: 'check', config: 'y.yaml', json: false, post: false }],
    ['check --json --post', { command: 'check', config: undefined, json: true, post: true }],
    ['init --force', { command: 'init', config: undefined, force: true, yes: false }],
    ['init -y', { command: 'init', config: undefined, force: false, yes: true }],
    ['status --json', { command: 'status', config: undefined, json: true }],
    ['service install', { command: 'service install', config: undefined, user: false, print: false }],
    [
      'service install --user --print',
      { command: 'service install', config: undefined, user: true, print: true },
    ],
    ['version', { command: 'version' }],
    ['--version', { command: 'version' }],
    ['-v', { command: 'version' }],
  ])('%s', (line, expected) => {
    expect(parse(line)).toEqual(expected as ReturnType<typeof parse>)
  })
})

describe('help', () => {
  const helpText = (line: string) => {
    const parsed = parse(line)
    if (parsed.command !== 'help') throw new Error(`${line} is ${parsed.command}`)
    return parsed.text
  }

  test.each(['--help', '-h', 'help'])('of the program: %s', (line) => {
    for (const name of Object.keys(OPTIONS)) expect(helpText(line)).toContain(`  ${name} `)
  })

  test.each(Object.entries(OPTIONS))('of %s names each of its options', (name, options) => {
    for (const line of [`${name} --help`, `${name} -h`, `help ${name}`]) {
      expect(helpText(line)).toStartWith(`Usage: mc-bridge ${name}`)
      for (const option of Object.keys(options)) expect(helpText(line)).toContain(`--${option} `)
    }
  })

  test('of a group', () => {
    expect(helpText('service --help')).toStartWith('Usage: mc-bridge service install')
  })
})

describe('a mistake', () => {
  test.each([
    ['', 'Usage: mc-bridge <command>'],
    ['runn', 'Did you mean: mc-bridge run'],
    ['stat', 'Did you mean: mc-bridge status'],
    ['xyzzy', 'There is no command "xyzzy". See: mc-bridge --help'],
    ['help xyzzy', 'There is no command "xyzzy".'],
    ['service', 'Usage: mc-bridge service install'],
    ['service remove', 'Usage: mc-bridge service install'],
    ['run --verbose', "Unknown option '--verbose'.\n\nUsage: mc-bridge run"],
    ['run extra', "Unexpected argument 'extra'."],
    ['run --config', "Option '-c, --config <value>' argument missing."],
    ['status --json=1', "Option '--json' does not take an argument."],
  ])('%p shows the way out', (line, words) => {
    expect(parse(line)).toMatchObject({ command: 'mistake', text: expect.stringContaining(words) })
  })
})
