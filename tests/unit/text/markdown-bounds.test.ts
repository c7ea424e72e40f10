import { describe, expect, test } from 'bun:test'
import { parseMarkdown } from '../../../src/text/markdown.ts'
import { pieces } from '../../../src/text/tree.ts'

const CHARACTERS = 10_000

const filled = (part: string) => part.repeat(Math.ceil(CHARACTERS / part.length)).slice(0, CHARACTERS)

function shown(source: string): string {
  return pieces(parseMarkdown(source))
    .map((piece) => (piece.type === 'break' ? '\n' : piece.text))
    .join('')
    .replace(/\n$/, '')
}

const linked = (source: string) => JSON.stringify(parseMarkdown(source)).includes('"link"')
const stressed = (source: string) => JSON.stringify(parseMarkdown(source)).includes('"em"')

describe('C65 the parser takes signs as text beyond its bounds', () => {
  test('an address of more than 2,000 characters is no link, and those around it are', () => {
    const address = `https://example.org/${'a'.repeat(1_980)}`
    expect(linked(address)).toBe(true)
    const longer = `https://example.org/${'a'.repeat(2_100)}`
    expect(linked(longer)).toBe(false)
    const beside = parseMarkdown(`see ${longer} or https://example.org/b`)
    expect(JSON.stringify(beside).match(/"href":"([^"]+)"/g)).toEqual(['"href":"https://example.org/b"'])
    expect(shown(`see ${longer}`)).toBe(`see ${longer}`)
  })

  test('emphasis in a paragraph with more than 1,000 of its signs is text; other paragraphs keep theirs', () => {
    expect(stressed('*a* '.repeat(400))).toBe(true)
    const many = '*a* '.repeat(600).trim()
    expect(stressed(many)).toBe(false)
    expect(shown(many)).toBe(many)
    expect(stressed(`${many}\n\n*b*`)).toBe(true)
  })

  test('links in a paragraph with more than 500 brackets are text', () => {
    expect(linked('[a](https://example.org) '.repeat(400))).toBe(true)
    const many = '[a](b) '.repeat(501).trim()
    expect(shown(many)).toBe(many)
  })

  // Some of these took the parser minutes.
  test.each(['a.b///', 'http://a.b/', 'https://é.a//', 'http://a.b?c=()', '<http://a.b/', '*_', '![', '[['])(
    'a text full of %s is shown as written',
    (part) => {
      expect(shown(filled(part))).toBe(filled(part))
    },
  )

  test('only http and https become links by themselves', () => {
    for (const text of ['ftp://example.org/a', 'mailto:ines@example.org', '//example.org/a'])
      expect([text, linked(text)]).toEqual([text, false])
  })
})
