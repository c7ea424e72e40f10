import { describe, expect, test } from 'bun:test'
import { folded, isLong } from '../src/components/chat/fold.ts'

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}`)

describe('a long message', () => {
  test('has more than twenty lines as drawn', () => {
    expect(isLong(lines(20).join('\n'))).toBe(false)
    expect(isLong(lines(21).join('\n'))).toBe(true)
    expect(isLong('word '.repeat(390))).toBe(false)
    expect(isLong('word '.repeat(410))).toBe(true)
  })

  test('is cut between lines', () => {
    expect(folded(lines(40).join('\n'))).toBe(lines(12).join('\n'))
  })

  test('is cut between words where one line is long, and inside a word that is longer', () => {
    expect(folded('word '.repeat(500))).toBe(`${'word '.repeat(240).trim()}…`)
    expect(folded('w'.repeat(5_000))).toBe(`${'w'.repeat(1_200)}…`)
    // No half of a surrogate pair remains.
    expect(folded(`w${'👍'.repeat(2_000)}`)).toBe(`w${'👍'.repeat(599)}…`)
  })

  test('keeps code blocks whole: they fold themselves, and count as folded', () => {
    const code = ['```ts', ...lines(200), '```']
    expect(isLong(code.join('\n'))).toBe(false)
    const text = [...lines(10), ...code, ...lines(10)].join('\n')
    expect(isLong(text)).toBe(true)
    expect(folded(text)).toBe([...lines(10), ...code].join('\n'))
  })

  test('with a code block that is not closed shows all of it', () => {
    const text = [...lines(15), '~~~', ...lines(30)].join('\n')
    expect(isLong(text)).toBe(true)
    expect(folded(text)).toBe(lines(12).join('\n'))
  })
})
