/** Markdown injection: markup of a message that would run, load or lead somewhere that it does not show. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { inviteMail } from '../../src/domain/mail/content.ts'
import { parseMarkdown } from '../../src/text/markdown.ts'
import type { Block } from '../../src/text/tree.ts'

/** Every node and every value of a tree. */
function flat(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(flat)
  if (typeof value !== 'object' || value === null) return []
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(flat)]
}

const TYPES = new Set([
  ...['paragraph', 'heading', 'list', 'quote', 'code_block', 'rule', 'table'],
  ...['text', 'break', 'code', 'strong', 'em', 'strike', 'link'],
])

function expectHarmless(source: string): void {
  const tree: Block[] = parseMarkdown(source)
  for (const node of flat(tree)) {
    if ('type' in node) expect([source, TYPES.has(String(node.type))]).toEqual([source, true])
    if (node.type !== 'link') continue
    expect([source, /^https?:\/\/[^\s\\]/.test(String(node.href))]).toEqual([source, true])
    const { username, password } = new URL(String(node.href))
    expect([source, username, password]).toEqual([source, '', ''])
  }
}

test.each([
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\nscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](\\javascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](vbscript:x) [y](file:///etc/passwd) [z](blob:x)',
  '[x](//evil.example) [y](/\\evil.example) [z](\\\\evil.example)',
  '<javascript:alert(1)> <https://ok.example>',
  '![x](https://evil.example/pixel.png)',
  '![x](javascript:alert(1))',
  '[![x](https://evil.example/a.png)](javascript:alert(1))',
  '[x]: javascript:alert(1)\n\n[x]',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)><iframe srcdoc="<script>alert(1)</script>">',
  '```html" onmouseover="alert(1)\n<script>alert(1)</script>\n```',
  '[https://bank.example](https://evil.example)',
  '[x](https://bank.example@evil.example)',
  '[x](https://user:password@evil.example)',
  '[x](https://evil.example" onclick="alert(1))',
  '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
  '{{ constructor.constructor("alert(1)")() }} <%= alert(1) %>',
  '\u202egnp.exe [x](https://ok.example)',
])('%j becomes text, or a link over http', (source) => {
  expectHarmless(source)
})

test('so does whatever is put together from the signs of the grammar', () => {
  const part = fc.constantFrom(
    ...[
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      '!',
      '"',
      "'",
      '`',
      '```',
      '*',
      '_',
      '~',
      '|',
      '\n',
      ' ',
      '\\',
      ':',
      '#',
      '&#58;',
    ],
    ...[
      'javascript:',
      'data:',
      'https://',
      '//',
      'evil.example',
      'x',
      'onerror=',
      '<script>',
      '<img src=',
      '@',
      '%0a',
    ],
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => expectHarmless(parts.join(''))),
    { numRuns: 2_000 },
  )
})

test('a mail holds the names of others as text, in one line of its head', () => {
  const name = 'Eve"><img src=x onerror=alert(1)>\r\nBcc: all@example.com'
  const mail = inviteMail(
    { org_name: name, display_name: name },
    { url: 'https://mc.example/invite/x', expires_at: '2026-01-01T00:00:00.000Z' },
  )
  expect(mail.subject).not.toMatch(/[\r\n]/)
  expect(mail.html).not.toContain('<img')
  expect(mail.html).toContain('&lt;img')
})
