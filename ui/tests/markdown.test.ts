import { describe, expect, test } from 'bun:test'
import { parseMarkdown, safeHref } from '../../src/text/markdown.ts'
import { type Block, type Inline, isPlain } from '../../src/text/tree.ts'
import { type CodeNode, highlight } from '../src/components/markdown/highlight.ts'

/** Every inline node below these, at any depth. */
function deep(children: readonly Inline[]): Inline[] {
  return children.flatMap((child) => ('children' in child ? [child, ...deep(child.children)] : [child]))
}

function within(block: Block): Inline[] {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return deep(block.children)
    case 'list':
      return block.items.flatMap(({ children }) => inlines(children))
    case 'quote':
      return inlines(block.children)
    case 'table':
      return [block.head, ...block.rows].flat().flatMap(deep)
    case 'code_block':
    case 'rule':
      return []
  }
}
const inlines = (blocks: readonly Block[]): Inline[] => blocks.flatMap(within)
const texts = (source: string) =>
  inlines(parseMarkdown(source))
    .flatMap((node) => (node.type === 'text' ? [node.text] : []))
    .join('')
const links = (source: string) =>
  inlines(parseMarkdown(source)).flatMap((node) => (node.type === 'link' ? [node.href] : []))

describe('what people write', () => {
  test('becomes paragraphs, lists, code, quotes and tables', () => {
    const source =
      '# A\n\nb **c** _d_ ~~e~~ `f`\ng\n\n- h\n- i\n\n3. j\n\n> k\n\n```ts src/l.ts\nm\n```\n\n| n |\n|---|\n| o |\n\n---'
    expect(parseMarkdown(source).map(({ type }) => type)).toEqual([
      'heading',
      'paragraph',
      'list',
      'list',
      'quote',
      'code_block',
      'table',
      'rule',
    ])
    expect(parseMarkdown(source)[3]).toMatchObject({ ordered: true, items: [{ value: 3 }] })
    expect(parseMarkdown(source)[5]).toEqual({ type: 'code_block', info: 'ts src/l.ts', text: 'm' })
    expect(inlines(parseMarkdown(source)).map(({ type }) => type)).toContain('break')
  })

  test.each([
    String.raw`\\fileserver\share\_backup`,
    String.raw`C:\new_folder\_temp\*.log`,
    String.raw`C:\*\*.log`,
    String.raw`\_a\_ &lt;b&gt; &#64;c`,
    String.raw`%APPDATA%\.config\!x`,
  ])('keeps every backslash of %s', (path) => {
    expect(texts(path)).toBe(path)
  })

  test('is plain when nothing in it is marked up', () => {
    expect(isPlain(parseMarkdown('branch   main\ntests    412 passed'))).toBe(true)
    expect(isPlain(parseMarkdown('**Commands**'))).toBe(false)
    expect(isPlain(parseMarkdown('- one'))).toBe(false)
  })
})

describe('hostile text', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '<svg/onload=alert(1)>',
    'a <b onclick="alert(1)">b</b>',
    '<iframe src="https://evil.example"></iframe>',
    '<!-- --><style>*{display:none}</style>',
  ])('stays text: %s', (source) => {
    expect(texts(source)).toBe(source)
  })

  test.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](java\nscript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x)',
    '[x](file:///etc/passwd)',
    '[x](//evil.example)',
    '[x](/local)',
    '[x](&#106;avascript:alert(1))',
    '[x](\u0001javascript:alert(1))',
    '![x](javascript:alert(1))',
    '<javascript:alert(1)>',
    '[x]: javascript:alert(1)\n\n[x]',
  ])('makes no link of %j', (source) => {
    expect(links(source)).toEqual([])
  })

  test('links only lead to http and https', () => {
    expect(links('[a](https://a.example/x?y=1) http://b.example <https://c.example>')).toEqual([
      'https://a.example/x?y=1',
      'http://b.example/',
      'https://c.example/',
    ])
    expect(safeHref(' https://a.example ')).toBe('https://a.example/')
    expect(safeHref('https://')).toBeUndefined()
  })

  test('a picture becomes a link, so that nothing is fetched by looking at it', () => {
    const [node] = inlines(parseMarkdown('![chart](https://spy.example/pixel.png)'))
    expect(node).toEqual({
      type: 'link',
      href: 'https://spy.example/pixel.png',
      children: [{ type: 'text', text: 'chart' }],
    })
  })

  test('words that look like a host or an address stay words', () => {
    expect(links('run release.sh and write to ines@example.com or example.com')).toEqual([])
  })

  test.each([
    ['nested quotes', '>'.repeat(9_000)],
    ['nested lists', '- '.repeat(4_900)],
    ['open brackets', '['.repeat(9_900)],
    ['stars', '*'.repeat(9_900)],
    ['a long table row', `|${'a|'.repeat(4_900)}\n|${'-|'.repeat(4_900)}`.slice(0, 10_000)],
  ])('%s at the length limit neither overflow nor hang', (_name, source) => {
    expect(parseMarkdown(source).length).toBeGreaterThan(0)
  })
})

const plainText = (nodes: readonly CodeNode[]): string =>
  nodes.map((node) => (typeof node === 'string' ? node : plainText(node.children))).join('')

describe('highlighted code', () => {
  test('marks comments, strings, numbers, keywords and calls', () => {
    const scopes = highlight("await queue.load(7) // 'x'\nreturn 'a'", 'ts').flatMap((node) =>
      typeof node === 'string' ? [] : [[plainText([node]), node.classes[0]]],
    )
    expect(scopes).toEqual([
      ['await', 'hljs-keyword'],
      ['load', 'hljs-title'],
      ['7', 'hljs-number'],
      ["// 'x'", 'hljs-comment'],
      ['return', 'hljs-keyword'],
      ["'a'", 'hljs-string'],
    ])
  })

  test('keeps every character, in any language', () => {
    const code = `const a = \`x\${1}\` /* open\n"unclosed\n# -- <!-- 0x1f 'it''s' $f( {"k": 1} <script>`
    for (const language of ['ts', 'py', 'sql', 'json', 'html', 'diff', 'sh', 'yml', 'unknown', ''])
      expect(plainText(highlight(code, language))).toBe(code)
  })

  test('leaves unknown languages, and code that is too long to be safe, plain', () => {
    expect(highlight('let a = 1', 'brainfuck')).toEqual(['let a = 1'])
    expect(highlight('r#"'.repeat(3_000), 'rust')).toEqual(['r#"'.repeat(3_000)])
  })
})
