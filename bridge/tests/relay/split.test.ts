import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { characters } from '../../../src/contracts/schema.ts'
import { isInvisible } from '../../src/relay/clean.ts'
import { split } from '../../src/relay/split.ts'

const LIMIT = 400
const markdown = new MarkdownIt('commonmark')

/** Contents of the code blocks of a text, as a renderer reads it. */
function code(text: string): string {
  return markdown
    .parse(text, {})
    .filter(({ type }) => type === 'fence')
    .map(({ content }) => content)
    .join('')
}
const inked = (text: string) => text.replace(/\s/g, '')
const words = (count: number, word = 'word') =>
  Array.from({ length: count }, (_, n) => `${word}${n}`).join(' ')

describe('B25 where a long answer is split', () => {
  test('a text at the limit is one message, one character more makes two', () => {
    expect(split('ä'.repeat(10_000))).toEqual(['ä'.repeat(10_000)])
    expect(split('🧵'.repeat(10_000))).toHaveLength(1)
    expect(split('ä'.repeat(10_001)).map(characters)).toEqual([10_000, 1])
  })

  test('between paragraphs, as many as fit in each', () => {
    const paragraphs = Array.from({ length: 5 }, (_, n) => `${n}`.repeat(150))
    expect(split(paragraphs.join('\n\n'), LIMIT)).toEqual([
      `${paragraphs[0]}\n\n${paragraphs[1]}`,
      `${paragraphs[2]}\n\n${paragraphs[3]}`,
      paragraphs[4]!,
    ])
  })

  test('between lines where a paragraph is too long', () => {
    const lines = Array.from({ length: 10 }, (_, n) => `- ${`${n}`.repeat(90)}`)
    expect(split(lines.join('\n'), LIMIT)).toEqual([
      lines.slice(0, 4).join('\n'),
      lines.slice(4, 8).join('\n'),
      lines.slice(8).join('\n'),
    ])
  })

  test('between words where a line is too long', () => {
    const parts = split(words(200), LIMIT)
    expect(parts.join('').replace(/\s+/g, ' ')).toBe(words(200))
    for (const part of parts) expect(part.trim()).toMatch(/^word\d+( word\d+)*$/)
  })

  test('between characters as people see them where a word is too long', () => {
    const family = '👨‍👩‍👧‍👦'
    const parts = split(family.repeat(100), LIMIT)
    expect(parts.join('')).toBe(family.repeat(100))
    for (const part of parts) expect(part.replaceAll(family, '')).toBe('')
  })

  test('one endless cluster is cut all the same', () => {
    const zalgo = `a${'\u0301'.repeat(1_000)}`
    const parts = split(`${zalgo} end`, LIMIT)
    expect(parts.join('')).toContain('end')
    for (const part of parts) expect(characters(part)).toBeLessThanOrEqual(LIMIT)
  })
})

describe('B26 code fences', () => {
  test('one that is cut is closed and opened again with its language', () => {
    const lines = Array.from({ length: 12 }, (_, n) => `line ${n} ${'x'.repeat(60)}`)
    const parts = split(`Intro\n\n\`\`\`ts\n${lines.join('\n')}\n\`\`\`\n\nOutro`, LIMIT)
    expect(parts.length).toBeGreaterThan(2)
    expect(parts[0]).toStartWith('Intro\n\n```ts\nline 0')
    for (const part of parts.slice(1)) expect(part).toStartWith('```ts\nline')
    for (const part of parts.slice(0, -1)) expect(part).toEndWith('\n```')
    expect(parts.at(-1)).toEndWith('```\n\nOutro')
    expect(parts.map(code).join('')).toBe(`${lines.join('\n')}\n`)
  })

  test('one that fits into a message stays whole', () => {
    const block = `\`\`\`\n${'x'.repeat(300)}\n\n${'y'.repeat(50)}\n\`\`\``
    expect(split(`${'a'.repeat(200)}\n\n${block}`, LIMIT)).toEqual(['a'.repeat(200), block])
  })

  test('no empty block is left where a fence would begin or end at the edge of a message', () => {
    for (let before = 300; before <= 400; before++) {
      const text = `${'a'.repeat(before)}\n\`\`\`js\n${'b'.repeat(380)}\n${'c'.repeat(200)}\n\`\`\``
      const parts = split(text, LIMIT)
      for (const part of parts) expect(part).not.toMatch(/```(js)?\n```/)
      expect(inked(parts.map(code).join(''))).toBe(`${'b'.repeat(380)}${'c'.repeat(200)}`)
    }
  })

  test('a longer fence may hold a shorter one; tildes and backticks do not end each other', () => {
    const inner = Array.from(
      { length: 20 },
      (_, n) => `~~~\n\`\`\`\nshown ${n} ${'x'.repeat(30)}\n\`\`\``,
    ).join('\n')
    const text = `\`\`\`\`md\n${inner}\n\`\`\`\``
    const parts = split(text, LIMIT)
    expect(parts.map(code).join('')).toBe(`${inner}\n`)
  })

  test('one in a list comes to the margin when it is cut', () => {
    const lines = Array.from({ length: 12 }, (_, n) => `   line ${n} ${'x'.repeat(60)}`)
    const parts = split(`1. Do\n\n   \`\`\`sh\n${lines.join('\n')}\n   \`\`\``, LIMIT)
    expect(parts.map(code).join('')).toBe(`${lines.map((line) => line.slice(3)).join('\n')}\n`)
  })

  test('one that the answer never closes is closed in each part', () => {
    const lines = Array.from({ length: 12 }, (_, n) => `line ${n} ${'x'.repeat(60)}`)
    const parts = split(`\`\`\`\n${lines.join('\n')}`, LIMIT)
    for (const part of parts) expect(part).toEndWith('\n```')
  })

  test('absurd markers, language names and indentations do not break the bound', () => {
    const body = Array.from({ length: 30 }, (_, n) => `line ${n} ${'x'.repeat(40)}`).join('\n')
    for (const [open, close] of [
      ['`'.repeat(500), '`'.repeat(500)],
      [`~~~${'y'.repeat(900)}`, '~~~'],
      [`${' '.repeat(399)}~~~`, '~~~'],
      ['```', '`'.repeat(450)],
    ])
      for (const part of split(`${open}\n${body}\n${close}`, LIMIT)) {
        expect(characters(part)).toBeLessThanOrEqual(LIMIT)
        expect(part).not.toBe('')
      }
  })
})

describe('B27 answers that are no message', () => {
  test.each(['', '  \n\t\n ', '\u200b', '\u2800\u3164', '\0', '\u202e\u2066'])('%j', (text) => {
    expect(split(text)).toEqual([])
  })

  test('what the server refuses is taken out', () => {
    expect(split('a\0b \ud800 c')).toEqual(['ab \ufffd c'])
  })

  test('B27 a flood is cut, and says so', () => {
    const parts = split('flood '.repeat(500_000))
    expect(parts.length).toBeLessThan(50)
    expect(parts.at(-1)).toContain('2800000 more characters')
  })
})

describe('for every answer', () => {
  const line = fc.oneof(
    { weight: 6, arbitrary: fc.string({ maxLength: 120, unit: 'grapheme' }) },
    { weight: 2, arbitrary: fc.constantFrom('', '  ', '\t') },
    { weight: 2, arbitrary: fc.constantFrom('```', '```ts', '~~~', '~~~~ x', '  ```', '    ```', '- ```') },
    { weight: 1, arbitrary: fc.string({ minLength: 300, maxLength: 900 }) },
    {
      weight: 1,
      arbitrary: fc.string({ minLength: 400, maxLength: 900, unit: fc.constantFrom('a', ' ', '`', '🧵') }),
    },
  )
  const answer = fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n'))

  test('each part shows something and keeps the limit', () => {
    fc.assert(
      fc.property(answer, (text) => {
        for (const part of split(text, LIMIT)) {
          expect(characters(part)).toBeLessThanOrEqual(LIMIT)
          expect(isInvisible(part)).toBe(false)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('without fences nothing with ink is lost, added or moved', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const plain = text.replace(/[`~]/g, '.')
        expect(inked(split(plain, LIMIT).join('')).replace(/[\p{Cc}\p{Cf}]/gu, '')).toBe(
          inked(plain).replace(/[\p{Cc}\p{Cf}]/gu, ''),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('code stays code and text stays text', () => {
    const plain = fc.string({ maxLength: 80, unit: fc.constantFrom('a', 'b', ' ', '1', '🧵') })
    const block = fc
      .tuple(
        fc.constantFrom('```', '~~~', '````'),
        fc.constantFrom('', 'ts'),
        fc.array(plain, { maxLength: 30 }),
      )
      .map(([marker, info, lines]) => [marker + info, ...lines.map((one) => `c${one}`), marker].join('\n'))
    const paragraph = fc
      .array(plain, { minLength: 1, maxLength: 10 })
      .map((lines) => lines.map((one) => `t${one}`).join('\n'))
    fc.assert(
      fc.property(fc.array(fc.oneof(block, paragraph), { maxLength: 12 }), (blocks) => {
        const text = blocks.join('\n\n')
        const parts = split(text, LIMIT)
        expect(inked(parts.map(code).join(''))).toBe(inked(code(text)))
      }),
      { numRuns: 500 },
    )
  })
})
