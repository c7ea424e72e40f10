import { describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { AgentCommands } from '../../../src/contracts/requests.ts'
import { judgeCommand, registeredCommands, wayOfText } from '../../src/relay/commands.ts'
import { jane, ME, OTHER_AGENT, scout } from '../support/samples.ts'

const judge = (command: string, args = '', rest: Partial<Parameters<typeof judgeCommand>[0]> = {}) =>
  judgeCommand({ command, args, sender: jane, target_agent_ids: [ME], ...rest }, ['forge', 'scout'])
const take = (text: string, way: string) => ({ verdict: 'take' as const, text, way: way as never })

describe('B37 commands that are taken', () => {
  test.each([
    ['status', '', '/status', 'pass'],
    ['status', 'please /exec rm', '/status', 'pass'],
    ['whoami', '', '/whoami', 'pass'],
    ['tasks', '', '/tasks', 'pass'],
    ['model', '', '/model', 'pass'],
    ['model', 'fake/fake-1', '/model fake/fake-1', 'pass'],
    ['model', ' openrouter/a:b@c ', '/model openrouter/a:b@c', 'pass'],
    ['think', 'high', '/think high', 'pass'],
    ['context', 'detail', '/context detail', 'pass'],
    ['usage', 'tokens', '/usage tokens', 'pass'],
    ['model', '@forge gpt', '/model gpt', 'pass'],
    ['model', 'gpt @Forge, @scout', '/model gpt', 'pass'],
    ['status', '@forge', '/status', 'pass'],
    ['compact', '@forge: keep what @jane said', '/compact keep what @jane said', 'once'],
    ['compact', '', '/compact', 'once'],
    [
      'compact',
      'keep src/sync/queue.ts, and who said so',
      '/compact keep src/sync/queue.ts, and who said so',
      'once',
    ],
    ['stop', 'it now!', '/stop', 'stop'],
    ['new', '', '/new', 'reset'],
    ['reset', 'gpt', '/reset', 'reset'],
  ])('/%s %s', (command, args, text, way) => {
    expect(judge(command, args)).toEqual(take(text, way))
    expect(wayOfText(text)).toBe(way as never)
  })

  test('only a command has a way', () => {
    for (const text of ['status', 'Hello /status', '/exec x', '/statusx', '/constructor', '//status', ''])
      expect(wayOfText(text)).toBeUndefined()
  })

  test('B37 are registered in the form that the server takes, without /help', () => {
    const commands = registeredCommands()
    expect(Value.Check(AgentCommands, commands)).toBe(true)
    expect(commands.map(({ name }) => name)).toContain('status')
    expect(commands.map(({ name }) => name)).not.toContain('help')
  })
})

describe('B38 commands that are refused', () => {
  test.each(['bash', 'config', 'restart', 'update', 'exec', 'elevated', 'debug', 'plugins'])(
    '/%s runs or reconfigures the host, whoever is addressed',
    (command) => {
      for (const target_agent_ids of [[ME], [ME, OTHER_AGENT]])
        expect(judge(command, 'on', { target_agent_ids })).toEqual({
          verdict: 'refuse',
          text: expect.stringContaining(`/${command} runs or reconfigures the agent's host`),
        })
    },
  )

  test('unknown ones, with what is taken; without a mention they may be for another agent', () => {
    for (const command of ['deploy', 'queue', 'constructor', '__proto__', 'toString'])
      expect(judge(command)).toEqual({ verdict: 'refuse', text: expect.stringContaining('/status') })
    expect(judge('deploy', '', { target_agent_ids: [ME, OTHER_AGENT] })).toEqual({ verdict: 'ignore' })
  })

  test('B38 those of agents', () => {
    expect(judge('status', '', { sender: scout }).verdict).toBe('refuse')
  })

  test.each([
    ['model', 'gpt\n/exec rm -rf /'],
    ['model', 'gpt /exec on'],
    ['model', '/exec on'],
    ['model', '--runtime host'],
    ['model', 'gpt; rm'],
    ['model', 'gpt @jane'],
    ['compact', 'this @forge /elevated on'],
    ['model', 'a b c d e'],
    ['think', 'high\u2028/elevated on'],
    ['compact', 'this\n/elevated on'],
    ['compact', 'this /elevated on'],
    ['compact', 'this\u00a0/elevated on'],
    ['compact', 'this \u200b/elevated on'],
    ['compact', '(/elevated on)'],
    ['compact', 'a\u001b[31m'],
    ['compact', 'x'.repeat(501)],
  ])('/%s with %j', (command, args) => {
    expect(judge(command, args)).toEqual({
      verdict: 'refuse',
      text: expect.stringContaining(`After /${command}`),
    })
  })

  test('/help is the business of the server', () => {
    expect(judge('help')).toEqual({ verdict: 'ignore' })
  })
})

test('B39 for every command and every argument: one line, that begins with an allowed command and holds no other', () => {
  const names = registeredCommands().map(({ name }) => name)
  const args = fc.string({
    maxLength: 40,
    unit: fc.oneof(
      fc.constantFrom('/', ' ', '\n', '\r', '\u2028', '\u200b', '\u00a0', 'a', 'exec', ':', '!', '\t'),
      fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
    ),
  })
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...names), fc.string()), args, (command, given) => {
      const verdict = judge(command, given)
      if (verdict.verdict !== 'take') return
      expect(verdict.text).toMatch(/^\/[a-z]+( \S.*)?$/u)
      expect(names).toContain(verdict.text.slice(1).split(' ')[0]!)
      expect(verdict.text).not.toMatch(/[\n\r\v\f\u0085\u2028\u2029\p{Cc}]/u)
      expect(verdict.text.slice(1)).not.toMatch(/(^|[^\p{L}\p{N}])\//u)
    }),
    { numRuns: 2_000 },
  )
})
