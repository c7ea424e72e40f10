import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mentionedNames, messageKind, parseCommand, resolveMentions } from '../../../src/domain/messages.ts'

describe('commands in chat', () => {
  test('a person’s text that begins with /word is a command with its arguments', () => {
    expect(parseCommand('/status', 'human')).toEqual({ command: 'status', args: '' })
    expect(parseCommand('/model  gpt  fast ', 'human')).toEqual({ command: 'model', args: 'gpt  fast' })
    expect(parseCommand('/a-b_2\nrest', 'human')).toEqual({ command: 'a-b_2', args: 'rest' })
  })

  test.each(['status', ' /status', '/Status', '/1st', '/', '//', '/a/b', '> /status', `/${'a'.repeat(33)}`])(
    '%p is plain text',
    (text) => {
      expect(parseCommand(text, 'human')).toBeUndefined()
    },
  )

  test('an agent’s text is never a command', () => {
    expect(parseCommand('/stop', 'agent')).toBeUndefined()
    expect(messageKind('text', 'agent', '/stop')).toBe('text')
    expect(messageKind('command_output', 'agent', 'done')).toBe('command_output')
    expect(messageKind('command_output', 'human', 'done')).toBe('text')
    expect(messageKind(undefined, 'human', '/stop now')).toBe('command')
  })
})

describe('mentions', () => {
  test('finds names after @, each once, not inside words or addresses', () => {
    expect(mentionedNames('@forge and @Forge, (@probe) mail me@example.com x@y @a.b- "@quill."')).toEqual([
      'forge',
      'probe',
      'a.b',
      'quill',
    ])
  })

  test('joins ids and names, and lists who may not read the channel', () => {
    const idOf = (name: string) => ({ forge: 'F', probe: 'P', secret: 'S' })[name]
    const mayRead = (id: string) => id !== 'S'
    expect(resolveMentions(['P', 'S'], '@forge @secret @nobody', idOf, mayRead)).toEqual({
      ids: ['P', 'F'],
      ignored: ['S'],
    })
  })

  test('never throws, never mentions the same twice, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const names = mentionedNames(text)
        expect(new Set(names).size).toBe(names.length)
        for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]*$/)
      }),
    )
  })
})
