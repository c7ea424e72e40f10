import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser'
import { rangeProblem } from '../../src/contracts/setting-limits.ts'
import { GERMAN_TITLES } from '../../src/text/notification-titles.ts'
import { de } from '../src/i18n/de/index.ts'
import { german, SENTENCES } from '../src/i18n/de/server.ts'
import { en } from '../src/i18n/en/index.ts'
import { type Messages, parts, t } from '../src/i18n/index.ts'
import { formatsOf, localeOf } from '../src/i18n/locale.ts'
import { pseudo } from '../src/i18n/pseudo.ts'

const SRC = join(import.meta.dir, '../src')

const flat = (tree: Messages, path = ''): [string, string][] =>
  Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [[path + name, value]] : flat(value, `${path}${name}.`),
  )

/** Names of the values that a text takes, each with its kind. */
function valuesOf(elements: readonly MessageFormatElement[]): string[] {
  return elements.flatMap((element) => {
    if (element.type === TYPE.plural || element.type === TYPE.select)
      return [element.value, ...Object.values(element.options).flatMap(({ value }) => valuesOf(value))]
    return element.type === TYPE.literal || element.type === TYPE.pound || element.type === TYPE.tag
      ? []
      : [element.value]
  })
}
const valueNames = (text: string) => [...new Set(valuesOf(parse(text, { ignoreTag: true })))].sort()

/** Calls and attributes that name a text: `t('a.b')`, `` t(`a.${kind}`) ``, `text="a.b"` of a Phrase. */
async function used(): Promise<{ keys: Set<string>; prefixes: Set<string> }> {
  const keys = new Set<string>()
  const prefixes = new Set<string>()
  for await (const file of new Bun.Glob('**/*.{ts,vue}').scan(SRC)) {
    if (file.startsWith('i18n/')) continue
    const source = readFileSync(join(SRC, file), 'utf8')
    for (const [, key = ''] of source.matchAll(/['"`]([a-z]+(?:\.[a-z0-9_-]+)+)['"`]/g)) keys.add(key)
    for (const [, prefix = ''] of source.matchAll(/`([a-z]+(?:\.[a-z0-9_-]+)*\.)\$\{/g)) prefixes.add(prefix)
  }
  return { keys, prefixes }
}

describe('texts of the app', () => {
  const english = new Map(flat(en))
  const german = new Map(flat(de))

  test('are the same in each language, and take the same values', () => {
    expect([...german.keys()]).toEqual([...english.keys()])
    const other = [...english].filter(([key, text]) => {
      const [ours, theirs] = [valueNames(text), valueNames(german.get(key) ?? '')]
      return ours.join() !== theirs.join()
    })
    expect(other).toEqual([])
  })

  test('are not empty, and are translated', () => {
    expect([...english, ...german].filter(([, text]) => text.trim() === '')).toEqual([])
    /** Words that are the same in both languages. */
    const same = [...english].filter(([key, text]) => german.get(key) === text && /\s\w+\s/.test(text))
    expect(same).toEqual([])
  })

  test('are all shown somewhere', async () => {
    const { keys, prefixes } = await used()
    const shown = (key: string) => keys.has(key) || [...prefixes].some((prefix) => key.startsWith(prefix))
    expect([...english.keys()].filter((key) => !shown(key))).toEqual([])
  })

  test('can be read by each language’s formats', () => {
    for (const [, text] of [...english, ...german])
      expect(() => parse(text, { ignoreTag: true })).not.toThrow()
  })
})

describe('a text', () => {
  test('is found by its key', () => {
    expect(t('account.menu.sign_out')).toBe('Sign out')
  })

  test('has parts in the order of the language', () => {
    expect(parts('account.menu.theme', {})).toEqual(['Theme'])
  })

  test('is made longer, accented and bracketed for tests, its values are not', () => {
    const made = pseudo('Show {count, plural, one {# task} other {# tasks}} of {name}')
    const literals = JSON.stringify(made)
    expect(literals).toContain('⟦')
    expect(literals).toContain('Šĥöŵ ')
    expect(literals).toContain(' ţåšķš')
    expect(literals).toContain('"name"')
    expect(literals).not.toContain('Show')
  })
})

describe('the language of the page', () => {
  test('is the chosen one, else the first of the browser that the app has', () => {
    expect(localeOf('de', ['en-GB'])).toBe('de')
    expect(localeOf('xx', ['fr-FR', 'de-AT', 'en'])).toBe('de')
    expect(localeOf(undefined, ['fr-FR'])).toBe('en')
    expect(localeOf('en-XA', [])).toBe('en-XA')
  })

  test('has the formats of the browser’s variant of it', () => {
    expect(formatsOf('en', ['de-DE', 'en-GB'])).toBe('en-GB')
    expect(formatsOf('de', ['en-US'])).toBe('de')
    expect(formatsOf('en', ['fr-FR'])).toBe('en-GB')
    expect(formatsOf('en', [])).toBe('en')
    expect(formatsOf('en-XA', ['en-IN'])).toBe('en-IN')
  })
})

describe('the server in German', () => {
  /** Put together of several strings. */
  const COMPOSED = [
    'Must be a whole number from {} to {}.',
    'Must be text of {} to {} characters.',
    'Must be text of {} to {} characters of the form {}.',
  ]

  test('is translated by sentences that it says', async () => {
    let said = ''
    for await (const file of new Bun.Glob('**/*.ts').scan(join(SRC, '../../src')))
      if (file !== 'text/notification-titles.ts')
        said += readFileSync(join(SRC, '../../src', file), 'utf8').replace(/\$\{[^}]*\}/g, '{}')
    const others = [...Object.keys(SENTENCES), ...Object.keys(GERMAN_TITLES)].filter(
      (sentence) => !COMPOSED.includes(sentence) && !said.includes(sentence),
    )
    expect(others).toEqual([])
  })

  test('keeps the values of a sentence, and translates words of the vocabulary', () => {
    expect(german('A task does not go from backlog to in-review.', { code: 'INVALID_TRANSITION' })).toBe(
      'Eine Aufgabe geht nicht von Rückstand nach In Prüfung.',
    )
    expect(german(rangeProblem({ minimum: 1, maximum: 1000 }), 'problem')).toBe(
      'Muss eine ganze Zahl von 1 bis 1,000 sein.',
    )
    expect(german('“Offline (sync)” was assigned to you', 'title')).toBe('„Offline (sync)“ wurde zugewiesen')
  })

  test('is told by its code, or as no valid value, where the sentence is not known', () => {
    expect(german('The lease is over.', { code: 'FORBIDDEN' })).toBe('Dazu fehlt die Berechtigung.')
    expect(german('Must be odd.', 'problem')).toBe('Dieser Wert ist nicht gültig.')
    expect(german('Something new', 'title')).toBe('Something new')
    expect(
      german(
        `Agents wrote 20 messages in a row here without a person. Their posts are paused until a person writes, or for ten minutes.`,
        'title',
      ),
    ).toStartWith('Agenten haben hier 20 Nachrichten')
  })
})
