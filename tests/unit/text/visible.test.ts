import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseMarkdown } from '../../../src/text/markdown.ts'
import { pieces } from '../../../src/text/tree.ts'
import { isInvisible, withoutBlankEnds } from '../../../src/text/visible.ts'

test('what was written stays, but for blank lines at the ends', () => {
  expect(withoutBlankEnds('\n \n      │  R122\n+5V  \n\t\n')).toBe('      │  R122\n+5V  ')
  expect(withoutBlankEnds('\r\n\tone\r\n\r\ntwo\r\n')).toBe('\tone\r\n\r\ntwo')
  expect(withoutBlankEnds(' one ')).toBe(' one ')
  expect([withoutBlankEnds(' \n\t'), withoutBlankEnds('')]).toEqual(['', ''])
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(' ', '\n', '\r\n', '\t', 'a') }), (text) => {
      const kept = withoutBlankEnds(text)
      expect(text).toContain(kept)
      expect(kept.trim()).toBe(text.trim())
      expect(withoutBlankEnds(kept)).toBe(kept)
    }),
  )
})

test('what shows nothing is known', () => {
  for (const text of ['', ' \n', '\u200b\u2060', '\u3164', '\u2800', '\u202e', '\u{e0041}'])
    expect(isInvisible(text)).toBe(true)
  for (const text of ['a', '.', '👍', '\u0301']) expect(isInvisible(text)).toBe(false)
})

describe('a message that would show nothing', () => {
  test.each(['[](https://example.com)', '***', '#', '> '])('is shown as its source: %s', (source) => {
    const [block] = parseMarkdown(source)
    expect(block?.type === 'paragraph' && block.children[0]).toMatchObject({ type: 'text' })
  })
})

test('indentation, spaces and list numbers are those of the author', () => {
  const text = (source: string) =>
    pieces(parseMarkdown(source))
      .map((piece) => (piece.type === 'break' ? '\n' : piece.text))
      .join('')
  for (const source of [
    '   ─┬─\n +5V  R68',
    'a  b\tc',
    'x  \n  y',
    '[x]: https://example.com\nz',
    'C:\\*\\*.log',
  ])
    expect(text(source)).toBe(`${source}\n`)
  expect(parseMarkdown('3. a\n7. b')).toMatchObject([{ items: [{ value: 3 }, { value: 7 }] }])
})

test('task items have a box, tables an alignment', () => {
  expect(parseMarkdown('- [ ] one\n- [x] **two**\n- [y] three\n- [ ]')).toMatchObject([
    {
      type: 'list',
      items: [
        { checked: false, children: [{ children: [{ text: 'one' }] }] },
        { checked: true },
        { children: [{ children: [{ text: '[y] three' }] }] },
        { children: [{ children: [{ text: '[ ]' }] }] },
      ],
    },
  ])
  expect(parseMarkdown('| a | b | c |\n|:-:|--:|---|\n| 1 | 2 | 3 |')).toMatchObject([
    { type: 'table', align: ['center', 'right', undefined] },
  ])
})
