import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/contracts/errors.ts'
import { nameProblem, tidyName } from '../../../src/contracts/names.ts'
import { checkNameFree, checkNotReserved, NameIndex } from '../../../src/domain/names.ts'

test('N1 a name is stored in NFC with single spaces', () => {
  expect(tidyName('  Ine\u0302s \u00a0 \u3000Carvalho ')).toBe('In\u00eas Carvalho')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(tidyName(tidyName(text))).toBe(tidyName(text))
    }),
  )
})

describe('N2 a name shows what it is', () => {
  test.each([
    ['zero width space', '\u200b'],
    ['Hangul filler', '\u3164'],
    ['Braille blank', '\u2800'],
    ['line break', 'Eve\nof Accounting'],
    ['bell', 'Eve\u0007'],
    ['right-to-left override', 'Eve \u202ekcab'],
    ['right-to-left isolate', '\u2067Eve'],
    ['left-to-right mark', 'Eve\u200e'],
    ['Arabic letter mark', '\u061cEve'],
    ['tags', '\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}'],
    ['word joiner', 'Ada\u2060'],
    ['soft hyphen', 'A\u00adda'],
    ['combining grapheme joiner', 'A\u034fda'],
    ['joiner between Latin letters', 'A\u200dda'],
    ['selector behind a letter', 'Ada\ufe0f'],
    ['a mark without a letter', '\u0301'],
    ['line separator', 'Ada\u2028Eve'],
    ['private use', '\ue000'],
    ['object replacement', 'x\ufffc'],
    ['stacked marks', `A${'\u0336\u0321\u0322\u031b\u0303\u0359'}`],
  ])('refused: %s', (_, name) => {
    expect(nameProblem(tidyName(name))).toBeString()
  })

  test.each([
    'Ada',
    '王小明',
    'نرگس‌ها',
    '👩‍👩‍👧',
    '❤️ team',
    '1️⃣',
    '葛\u{e0100}城',
    'क्‍ष',
    '...',
    'Nguyễn',
    'مَرْحَبًا',
    'O’Neil',
  ])('taken: %s', (name) => {
    expect(nameProblem(tidyName(name))).toBeUndefined()
  })
})

describe('N3 names that are taken for each other', () => {
  const taken = (name: string, other: string) => {
    const names = new NameIndex()
    names.set('holder', name)
    expect(names.has(other, 'holder')).toBe(false)
    return names.has(other)
  }

  test.each([
    ['Ada', 'Ada'],
    ['Ada', 'ADA'],
    ['Ada', '\u0410da'],
    ['Ada', 'Ada\u200b'],
    ['Ada', 'Ａｄａ'],
    ['Ada Lovelace', 'Ada  Lovelace'],
    ['Al', 'AI'],
    ['Ian', 'ian'],
    ['general', 'General'],
    ['general', 'gеnеrаl'],
    ['modern', 'rnodern'],
    ['pa\u0443pal', 'paypal'],
  ])('%s and %s', (name, other) => {
    expect(taken(name, other)).toBe(true)
    expect(taken(other, name)).toBe(true)
  })

  test.each([
    ['Jose', 'José'],
    ['Person 1', 'Person 10'],
    ['Weiss', 'Weiß'],
    ['王小明', '王小民'],
    ['Anna', 'Hanna'],
  ])('not %s and %s', (name, other) => {
    expect(taken(name, other)).toBe(false)
  })

  test('a name that was given up is free', () => {
    const names = new NameIndex()
    names.set('a', 'Ada')
    expect(names.has('ada')).toBe(true)
    names.set('a', 'Grace')
    expect(names.has('ada')).toBe(false)
    names.delete('a')
    expect(names.has('grace')).toBe(false)
  })

  test('the index equals a look at every name, whatever was set and deleted', () => {
    const name = fc.constantFrom('Ada', 'ADA', '\u0410da', 'Grace', 'gracе', 'Al', 'AI')
    const step = fc.record({ id: fc.constantFrom('a', 'b', 'c'), name: fc.option(name), asked: name })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const names = new NameIndex()
        const held = new Map<string, string>()
        for (const { id, name: next, asked } of steps) {
          if (next === null) names.delete(id)
          else names.set(id, next)
          if (next === null) held.delete(id)
          else held.set(id, next)
          expect(names.has(asked)).toBe([...held.values()].some((one) => taken(one, asked)))
        }
      }),
    )
  })

  test.each(['Mission Control', 'mission  control', 'Мission Control', 'System', 'SYSTEM'])(
    'the server’s own: %s',
    (name) => {
      expect(() => checkNotReserved(name)).toThrow(ApiError)
      expect(() => checkNameFree(new NameIndex(), name)).toThrow(ApiError)
    },
  )

  test.each(['Sub-agent', 'Sub-agent 7', 'sub-agent 10', 'Sub-agent l', 'Ѕub-agent4'])(
    'that of a sub-agent: %s',
    (name) => expect(() => checkNotReserved(name)).toThrow(ApiError),
  )

  test.each(['Sub-agents', 'Sub-agent team', 'Submarine 7', 'Mission Control 2'])('not %s', (name) =>
    expect(() => checkNotReserved(name)).not.toThrow(),
  )
})
