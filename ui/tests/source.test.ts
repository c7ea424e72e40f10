import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dir, '../src')
const files = [...new Bun.Glob('**/*.{ts,vue,css,sass}').scanSync(root)].sort()
const read = (file: string) => readFileSync(join(root, file), 'utf8')

describe('rules of this house', () => {
  test('colours are written in the tokens only', () => {
    const literal = /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgb|rgba|hsl|hsla|oklch|lab)\(/i
    const offending = files.filter(
      (file) => file !== 'styles/tokens.css' && literal.test(withoutIds(read(file))),
    )
    expect(offending).toEqual([])
  })

  test('no text becomes markup', () => {
    const markup = /v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write/
    expect(files.filter((file) => markup.test(read(file)))).toEqual([])
  })

  test('a name is isolated where it is shown', () => {
    const name = '[\\w.?]*(?:display_name|org_name|(?:channel|org|project)\\??\\.name)'
    const bare = new RegExp(`(?<!<bdi[^>]*>)\\{\\{\\s*${name}\\s*\\}\\}|\\$\\{${name}\\}`)
    expect(files.filter((file) => bare.test(read(file)))).toEqual([])
  })

  test('a time is shown by the one component, with the exact one beside it', () => {
    expect(files.filter((file) => /<time\b/.test(read(file)))).toEqual(['components/base/TimeAt.vue'])
    const written = /toLocale(?:Date|Time)String\(|Intl\.DateTimeFormat/
    expect(files.filter((file) => file.endsWith('.vue') && written.test(read(file)))).toEqual([])
  })

  test('names are compared by the one collation', () => {
    expect(files.filter((file) => /localeCompare|Intl\.Collator/.test(read(file)))).toEqual([])
  })

  test('links are built in one place', () => {
    const written = /(?:to|href)="\/|push\('\/|replace\('\//
    expect(files.filter((file) => file !== 'paths.ts' && written.test(read(file)))).toEqual([])
  })

  test('the contract comes in as types and plain values, never with its schema library', () => {
    const plain =
      /@contracts\/(addresses|limits|vocabulary|close-codes|ids|names|setting-limits|text-order|usernames|version)\.ts/
    for (const file of files)
      for (const [line] of read(file).matchAll(/^import (?!type)[^\n]*@contracts\/[^\n]*$/gm))
        expect(`${file}: ${line}`).toMatch(plain)
  })
})

/** `href="#main"` and `#i-name` are ids, private names start with `#` too. */
function withoutIds(text: string): string {
  return text
    .replace(/(?:href="|this\.|\$\{sprite\})#[\w-]+/g, '')
    .replace(/^\s*(?:readonly |async |static )*#\w+/gm, '')
}

describe('contrast of the tokens', () => {
  const css = read('styles/tokens.css')
  const tokens = new Map<string, [string, string]>()
  for (const [, name = '', light = '', dark = ''] of css.matchAll(
    /--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)/g,
  ))
    tokens.set(name, [light, dark])
  const surfaces = [...tokens.keys()].filter((name) => name.startsWith('surface-'))
  const pairs = [...css.matchAll(/^ \* ([\w-]+)\s+min ([\d.]+)\s+([\d.]+) \|\s+([\d.]+)\s+on (.+)$/gm)]

  test('is listed', () => {
    expect(pairs.length).toBeGreaterThan(40)
  })

  test.each(
    pairs.map(
      ([, name = '', limit = '', light = '', dark = '', on = '']) => [name, on, limit, light, dark] as const,
    ),
  )('%s on %s is at least %s', (name, on, limit, light, dark) => {
    const grounds = on.split(/, | \+ /).flatMap((ground) => (ground === 'any surface' ? surfaces : [ground]))
    for (const [theme, written] of [
      [0, light],
      [1, dark],
    ] as const) {
      const worst = Math.min(...grounds.map((ground) => contrast(colour(name, theme), colour(ground, theme))))
      expect(worst).toBeGreaterThanOrEqual(Number(limit))
      expect(Math.abs(worst - Number(written))).toBeLessThanOrEqual(0.011)
    }
  })

  function colour(name: string, theme: 0 | 1): string {
    const found = tokens.get(name)
    if (!found) throw new Error(`There is no token ${name}.`)
    return found[theme]
  }
})

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}
