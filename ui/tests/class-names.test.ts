import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const UI = join(import.meta.dir, '..')
const QUASAR = join(dirname(Bun.resolveSync('quasar/package.json', UI)), 'dist', 'quasar.css')

/** Set by the app itself, with Quasar's meaning. */
const SHARED = new Set(['body--dark'])

/** Class names that a style sheet names. */
const named = (css: string) =>
  [...css.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/\.([A-Za-z_][\w-]*)/g)].flatMap(([, name]) => name ?? [])

async function read(pattern: string): Promise<string[]> {
  const files = await Array.fromAsync(new Bun.Glob(pattern).scan(join(UI, 'src')))
  return files.map((file) => readFileSync(join(UI, 'src', file), 'utf8'))
}

test('no class of the app has a name of Quasar, whose parts would take its style', async () => {
  const theirs = new Set(named(readFileSync(QUASAR, 'utf8')).filter((name) => !/^q-/.test(name)))
  expect(theirs.has('block')).toBe(true)
  const styled = (await read('**/*.css')).flatMap(named)
  const used = (await read('**/*.vue')).flatMap((text) =>
    [...text.matchAll(/\bclass="([^"]*)"/g)].flatMap(([, names]) => (names ?? '').split(/\s+/)),
  )
  const ours = new Set([...styled, ...used])
  expect(ours.size).toBeGreaterThan(100)
  expect([...ours].filter((name) => theirs.has(name) && !SHARED.has(name))).toEqual([])
})

test('a class has its style in one sheet: sheets of two views are loaded together after both were open', async () => {
  const sheets = new Map<string, string[]>()
  for await (const file of new Bun.Glob('**/*.css').scan(join(UI, 'src'))) {
    // The pages of the guide load no sheet of the app.
    if (file.startsWith('guide/')) continue
    const css = readFileSync(join(UI, 'src', file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    // Alone at the begin of a line, so outside of media queries and of other selectors.
    const names = new Set([...css.matchAll(/^\.([\w-]+)(?= \{$)/gm)].flatMap(([, name]) => name ?? []))
    for (const name of names) sheets.set(name, [...(sheets.get(name) ?? []), file])
  }
  expect(sheets.size).toBeGreaterThan(100)
  expect([...sheets].filter(([, files]) => files.length > 1)).toEqual([])
})

/**
 * Chromium merges what the rules with `:has()` style. A rule without a name for it styles anew all below each ancestor that
 * any of these rules watches, and a rule that watches a page makes that the whole page, at each new text or element.
 */
test('a rule with :has() names what it styles, and does not watch a whole page', async () => {
  const rules = (await read('**/*.css')).flatMap((css) => {
    const selectors = css.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/(?<=^|[{}])[^{}]*:has\([^{}]*(?=\{)/g)
    return [...selectors].map(([selector]) => selector.trim())
  })
  expect(rules.length).toBeGreaterThan(5)
  const unnamed = /\*$|[\s>+~]:(?:is|where|not)\([^.#]*\)$/
  const whole_page = /^(?:html|body|:root|\*|#\w+|\.(?:sheet|page)\b)[\w.-]*:has\(|^:has\(/
  expect(rules.filter((rule) => unnamed.test(rule) || whole_page.test(rule))).toEqual([])
})
