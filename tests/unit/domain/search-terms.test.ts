import { describe, expect, test } from 'bun:test'
import { parseSearch } from '../../../src/domain/search-terms.ts'

/** As `a "b" -c d*`, alternatives with `|`. */
const shown = (q: string) =>
  parseSearch(q)
    .map((terms) =>
      terms
        .map(
          ({ text, phrase, negated, prefix }) =>
            `${negated ? '-' : ''}${phrase ? `"${text}"` : text}${prefix ? '*' : ''}`,
        )
        .join(' '),
    )
    .join(' | ')

describe('the syntax of a search', () => {
  test.each([
    ['deploy', 'deploy*'],
    ['deploy staging', 'deploy staging*'],
    ['"after the restart"', '"after the restart"'],
    ['“after” „the“ «restart»', '"after" "the" "restart"'],
    ['"never closed', '"never closed"'],
    ['deploy -staging', 'deploy -staging'],
    ['deploy -"to staging"', 'deploy -"to staging"'],
    ['AUTH-123', 'AUTH-123*'],
    ['flush OR fluss', 'flush | fluss*'],
    ['a b or c -d', 'a b | c -d'],
    ['order', 'order*'],
    ['"or" deploy', '"or" deploy*'],
    ['deploy or', 'deploy'],
    ['-deploy', ''],
    ['a or -b', 'a'],
    ['- or -', ''],
    ['&&& ""', ''],
    ['🙂', '🙂*'],
    ['--force', ''],
    ['src/db/flush.ts:12', 'src/db/flush.ts:12*'],
    ['say"quoted"now', 'say "quoted" now*'],
  ])('%s', (q, expected) => {
    expect(shown(q)).toBe(expected)
  })

  test('takes any text in time that grows with its length', () => {
    for (const sign of ['"', '-', '- ', 'or ', '"-', '\\', '上', '\u0301'])
      expect(Array.isArray(parseSearch(sign.repeat(20_000)))).toBe(true)
  })

  test('looks at 16 words of a term and 32 terms, and leaves the rest out', () => {
    const words = (count: number, between: string) =>
      Array.from({ length: count }, (_, i) => `w${i}`).join(between)
    expect(shown(`"${words(40, ' ')}"`)).toBe(`"${words(16, ' ')}"`)
    expect(shown(words(40, '/'))).toBe(`${words(16, '/')}*`)
    expect(shown('@a'.repeat(99))).toBe(`${'@a'.repeat(16)}*`)
    expect(shown(words(40, ' '))).toBe(`${words(32, ' ')}*`)
    expect(parseSearch(words(90, ' or ')).length).toBe(32)
  })
})
