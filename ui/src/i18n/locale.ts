import type { Language } from '@contracts/vocabulary.ts'
import { readLocal } from '../stores/local.ts'

/** Languages that a person can choose, each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const satisfies Record<Language, string>

/**
 * `en-XA` and `ar-XB` are made from English for tests: accented and longer, and from right to left. Local storage names
 * them; the menu does not.
 */
export type Locale = keyof typeof LANGUAGES | 'en-XA' | 'ar-XB'

/** Local storage: a locale; absent for that of the browser. */
export const LOCALE_KEY = 'mc.locale'

/** Local storage: the choice of the person has not reached the server, which writes mails in it. */
export const UNTOLD_KEY = 'mc.locale_untold'

const LOCALES: readonly string[] = [...Object.keys(LANGUAGES), 'en-XA', 'ar-XB'] satisfies readonly string[]

function isLocale(value: string | undefined): value is Locale {
  return value !== undefined && LOCALES.includes(value)
}

/** The chosen locale, else the first language of the browser that the app has, else English. */
export function localeOf(chosen: string | undefined, languages: readonly string[]): Locale {
  if (isLocale(chosen)) return chosen
  for (const language of languages) {
    const base = language.toLowerCase().split('-', 1).join()
    if (base === 'en' || base === 'de') return base
  }
  return 'en'
}

/**
 * Locale of numbers, dates and lists: the browser's own variant of the language (`en-GB`, `de-AT`), because it decides
 * between 12 and 24 hours. English in a browser of another language has the day before the month and 24 hours, as nearly all
 * of them.
 */
export function formatsOf(locale: Locale, languages: readonly string[]): string {
  const base = locale === 'de' ? 'de' : 'en'
  const own = languages.find((language) => language.toLowerCase().split('-', 1).join() === base)
  return own ?? (base === 'en' && languages.length > 0 ? 'en-GB' : base)
}

/** The language of a locale; those of tests are made from English. */
export const languageOf = (locale: Locale): Language => (locale === 'de' ? 'de' : 'en')

export const isRightToLeft = (locale: Locale): boolean => locale === 'ar-XB'

/** A test without a browser has none. */
const languages: readonly string[] = globalThis.navigator?.languages ?? ['en']

/** Of this page: a choice of another language loads the page anew. */
export const LOCALE: Locale = localeOf(readLocal(LOCALE_KEY), languages)

/** What `Intl` formats by on this page. */
export const FORMATS: string = formatsOf(LOCALE, languages)
