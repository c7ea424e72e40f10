import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { messageKind, parseCommand, resolveMentions } from '../../../src/domain/messages.ts'
import { KNOWN_COMMANDS } from '../../../src/text/commands.ts'

describe('commands in chat', () => {
  const parsed = (text: string, asked?: 'command', sender: 'human' | 'agent' = 'human') =>
    parseCommand(text, sender, asked, (name) => KNOWN_COMMANDS.has(name))

  test('a person’s text that begins with a known name is a command with its arguments', () => {
    expect(parsed('/status')).toEqual({ command: 'status', args: '' })
    expect(parsed('/model  gpt  fast ')).toEqual({ command: 'model', args: 'gpt  fast' })
    expect(parsed('/help\nrest')).toEqual({ command: 'help', args: 'rest' })
  })

  test('an unknown name is a command only when asked for', () => {
    expect([parsed('/tmp is full'), parsed('/deploy')]).toEqual([undefined, undefined])
    expect(parsed('/deploy now', 'command')).toEqual({ command: 'deploy', args: 'now' })
    expect(parsed('/a-b_2\nrest', 'command')).toEqual({ command: 'a-b_2', args: 'rest' })
  })

  test.each([
    ...['status', ' /status', '//status', '/Status', '/1st', '/', '//', '/etc/hosts', '> /status'],
    `/${'a'.repeat(33)}`,
  ])('%p is plain text', (text) => {
    expect([parsed(text), parsed(text, 'command')]).toEqual([undefined, undefined])
  })

  test('an agent’s text is never a command', () => {
    expect([parsed('/stop', undefined, 'agent'), parsed('/stop', 'command', 'agent')]).toEqual([
      undefined,
      undefined,
    ])
    expect(messageKind('text', 'agent', false)).toBe('text')
    expect(messageKind('command_output', 'agent', false)).toBe('command_output')
    expect(messageKind('command_output', 'human', false)).toBe('text')
    expect(messageKind(undefined, 'human', true)).toBe('command')
  })
})

describe('mentions', () => {
  test('joins ids and names, and lists who may not read the channel', () => {
    const idOf = (name: string) => ({ forge: 'F', probe: 'P', secret: 'S' })[name]
    const mayRead = (id: string) => id !== 'S'
    expect(resolveMentions(['P', 'S'], '@forge @secret @nobody', idOf, mayRead)).toEqual({
      ids: ['P', 'F'],
      ignored: ['S'],
    })
  })

  test('whoever is left out is ignored, mentioned or not, if a reader', () => {
    const idOf = (name: string) => ({ forge: 'F', probe: 'P' })[name]
    const mayRead = (id: string) => id !== 'S'
    const resolved = (given: string[], content: string, left_out: string[]) =>
      resolveMentions(given, content, idOf, mayRead, left_out)
    expect(resolved(['F', 'P'], '@forge @probe', ['F', 'F', 'S'])).toEqual({ ids: ['P'], ignored: ['F'] })
    expect(resolved([], 'nobody', ['P', 'S'])).toEqual({ ids: [], ignored: ['P'] })
    expect(resolved(['S'], '', ['S'])).toEqual({ ids: [], ignored: ['S'] })
  })

  test('over the limit, everybody who is not notified is listed', () => {
    const names = Array.from({ length: 60 }, (_, n) => `n${n}`)
    const { ids, ignored } = resolveMentions(
      [],
      names.map((name) => `@${name}`).join(' '),
      (name) => (names.includes(name) ? name : undefined),
      () => true,
    )
    expect([ids.length, ignored.length]).toEqual([50, 10])
    expect([...ids, ...ignored]).toEqual(names)
  })

  test('never throws, never mentions the same twice, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { ids } = resolveMentions(
          [],
          text,
          (name) => name,
          () => true,
        )
        expect(new Set(ids).size).toBe(ids.length)
      }),
      { numRuns: 30 },
    )
  })
})
