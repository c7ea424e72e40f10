import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseMarkdown } from '../../../src/text/markdown.ts'
import { mentionsIn, splitMentions } from '../../../src/text/mentions.ts'
import type { Block, Inline } from '../../../src/text/tree.ts'

const NAMES = new Set(['forge', 'probe', 'a.b', 'jos', 'jos-2', 'quill'])
const isUsername = (name: string) => NAMES.has(name)
const found = (text: string) => mentionsIn(text, isUsername)

describe('a mention', () => {
  test.each([
    '@forge please',
    '(@forge)',
    '"@forge"',
    '**@forge**',
    '_@forge_',
    '~~@forge~~',
    '> @forge',
    '- @forge',
    '# @forge',
    '| @forge |\n|---|',
    '[see @forge](https://example.com)',
    "@forge's turn",
    '@forge...',
    '@forge, @forge and @Forge',
    '-@forge',
    'a\n@forge',
    'お願い@forge',
    '请@forge看一下',
    '@forgeのチーム',
    '＠forge',
    '＠ｆｏｒｇｅ',
    '(see https://example.com/x) @forge',
    '@forge-https://example.com',
  ])('is in %j', (text) => {
    expect(found(text)).toEqual(['forge'])
  })

  test.each([
    '`@forge`',
    '```\n@forge deploy\n```',
    '~~~\n@forge\n~~~',
    '    @forge in an indented block',
    String.raw`\@forge`,
    'me@forge',
    'me@forge.example',
    '@@forge',
    '@forge@example.com',
    'https://example.com/@forge',
    'https://example.com/?q=@forge',
    'https://example.com/#@forge',
    '[docs](https://example.com/?u=@forge)',
    'git clone ssh://git@forge.example/x',
    'npm i example.com/@forge',
    '@forgeé',
    '@forgeß',
    '@forgeова',
    '@forgex',
    '@forge-2',
    '@forge.x',
    '@for',
    'é@forge',
  ])('is not in %j', (text) => {
    expect(found(text)).toEqual([])
  })

  test('is of the longest username that fits', () => {
    expect(found('@jos-2 @jos-3 @jos-')).toEqual(['jos-2', 'jos'])
    expect(found('@a.b. @a.b- "@quill."')).toEqual(['a.b', 'quill'])
    expect(found('@probe/@forge')).toEqual(['probe', 'forge'])
  })
})

test('splitting keeps every character, and finds in the tree what the text mentions', () => {
  const part = fc.constantFrom(
    ...[
      '@forge',
      '＠probe',
      '@jos',
      '`',
      '**',
      '_',
      '\n',
      '\n\n',
      '> ',
      '- ',
      '    ',
      '```\n',
      '[',
      '](https://x.example/',
    ],
    ...[')', 'a', 'é', '请', '.', '-', '\\', ' ', '@', '|', 'https://', '|\n|---|\n', '~~'],
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      expect(
        splitMentions(text, isUsername)
          .map((one) => one.text)
          .join(''),
      ).toBe(text)
      expect(new Set(shown(parseMarkdown(text)))).toEqual(new Set(found(text)))
    }),
    { numRuns: 2_000 },
  )
})

/** Usernames that a page which renders the tree highlights. */
function shown(blocks: readonly Block[]): string[] {
  const inText = (inline: Inline): string[] =>
    'children' in inline
      ? inline.children.flatMap(inText)
      : inline.type === 'text'
        ? splitMentions(inline.text, isUsername).flatMap(({ username }) => username ?? [])
        : []
  return blocks.flatMap((block) => {
    if (block.type === 'quote') return shown(block.children)
    if (block.type === 'list') return block.items.flatMap(({ children }) => shown(children))
    if (block.type === 'table') return [block.head, ...block.rows].flat(2).flatMap(inText)
    return 'children' in block ? block.children.flatMap(inText) : []
  })
}
