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

/**
 * What stands at the beginning of a line is at its other end in a page from right to left. So sheets name the beginning and
 * the end of lines (logical properties) instead of left and right.
 */
describe('sheets name sides by the direction of the line', () => {
  /** Declarations that keep their side, each with its rule and its reason. */
  const KEPT: readonly [selector: RegExp, declaration: string][] = [
    // The middle is the same from both sides: the rule moves it back by half of its width.
    [/./, 'left: 50%'],
    [/./, 'transform: translateX(-50%)'],
    // The author of a table chose the side.
    [/^\.prose \.at-left$/, 'text-align: left'],
    [/^\.prose \.at-right$/, 'text-align: right'],
    // A name of the other direction stays at the side of its page: one rule for each.
    [/^\.tcard\.pcard h3 bdi$/, 'text-align: left'],
    [/^\[dir="rtl"\] \.tcard\.pcard h3 bdi$/, 'text-align: right'],
    // Check marks, and the head of an arrow that turns around as a whole, are drawn with two borders.
    [/:checked::after$/, 'border-width: 0 1.5px 1.5px 0'],
    [/:checked::after$/, 'border-width: 0 0 2px 2px'],
    [/^\.node\.reached::before$/, 'border-width: 1.25px 1.25px 0 0'],
  ]

  /** Whether the declaration says what is left and what is right. */
  function namesSide(property: string, value: string): boolean {
    if (/^(left|right)$|-(left|right)(-|$)/.test(property)) return true
    if (/^(text-align|float|clear)$/.test(property)) return /^(left|right)$/.test(value)
    if (/^(scroll-)?(margin|padding)$|^inset$|^border-(width|style|color)$/.test(property)) {
      const [, right, , left] = wordsOf(value)
      return left !== undefined && left !== right
    }
    if (property === 'border-radius') {
      const [a, b, c, d] = wordsOf(value)
      return (d ?? b ?? a) !== (c ?? a) || (b ?? a) !== a
    }
    if (property === 'box-shadow') return /inset -?[1-9]/.test(value)
    return (
      property === 'transform' && /translate(X|3d)?\((?!0[,)])/.test(value) && !value.includes('--forward')
    )
  }

  /** Words of a value; those in brackets are one. */
  const wordsOf = (value: string) => value.match(/(?:[^\s(]|\((?:[^()]|\([^()]*\))*\))+/g) ?? []

  const declarations = files
    .filter((file) => file.endsWith('.css'))
    .flatMap((file) =>
      [
        ...read(file)
          .replace(/\/\*[\s\S]*?\*\//g, '')
          .matchAll(/([^{}]*)\{([^{}]*)\}/g),
      ].flatMap(([, selector = '', body = '']) =>
        body.split(';').flatMap((one) => {
          const [property, ...value] = one.split(':').map((part) => part.trim())
          return property ? [{ file, selector: selector.trim(), property, value: value.join(':') }] : []
        }),
      ),
    )

  test('no declaration names left or right, but those with a reason', () => {
    expect(declarations.length).toBeGreaterThan(2_000)
    const physical = declarations.filter(({ property, value }) => namesSide(property, value))
    const without_reason = physical.filter(
      ({ selector, property, value }) =>
        !KEPT.some(([rule, kept]) => kept === `${property}: ${value}` && rule.test(selector)),
    )
    expect(
      without_reason.map(
        ({ file, selector, property, value }) => `${file}: ${selector} ${property}: ${value}`,
      ),
    ).toEqual([])
    for (const [rule, kept] of KEPT)
      expect([
        kept,
        physical.some(
          ({ selector, property, value }) => kept === `${property}: ${value}` && rule.test(selector),
        ),
      ]).toEqual([kept, true])
  })

  test.each([
    ['margin-left', '4px', true],
    ['margin-inline-start', '4px', false],
    ['left', '0', true],
    ['border-left-color', 'red', true],
    ['border-top-right-radius', '4px', true],
    ['scroll-padding-right', '4px', true],
    ['text-align', 'right', true],
    ['text-align', 'end', false],
    ['float', 'left', true],
    ['padding', '0 4px 0 8px', true],
    ['padding', '4px 8px 0', false],
    ['margin', 'calc(1px + 2px) 4px 0 4px', false],
    ['inset', '0 0 0 auto', true],
    ['border-radius', '0 6px 6px 0', true],
    ['border-radius', '6px 6px 0 0', false],
    ['border-radius', '6px', false],
    ['box-shadow', 'inset 3px 0 0 red', true],
    ['box-shadow', 'inset calc(3px * var(--forward)) 0 0 red', false],
    ['transform', 'translateX(24px)', true],
    ['transform', 'translateY(24px)', false],
  ])('%s: %s', (property, value, names) => {
    expect(namesSide(property, value)).toBe(names)
  })

  test('a menu opens at the start or the end of its button', () => {
    const anchored = /(?:anchor|self)="[^"]*(?:top|center|bottom) (?:left|right)/
    expect(files.filter((file) => anchored.test(read(file)))).toEqual([])
  })
})

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
