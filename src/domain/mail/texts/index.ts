import type { Language } from '../../../contracts/vocabulary.ts'
import { GERMAN_TITLES } from '../../../text/notification-titles.ts'
import { patternsOf, translated } from '../../../text/sentences.ts'
import { de } from './de.ts'
import { en } from './en.ts'

/** The same names with texts of another language: a missing one does not compile. */
type Texts<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer V) => string
      ? (...values: V) => string
      : Texts<T[K]>
}

export type MailTexts = Texts<typeof en>

export const MAIL_TEXTS: Readonly<Record<Language, MailTexts>> = { en, de }

const titles = patternsOf(GERMAN_TITLES)

/** The title of a notification, which is stored in English. One of another version of this server stays as it is. */
export function titleIn(language: Language, title: string): string {
  return language === 'de' ? (translated(titles, title) ?? title) : title
}
