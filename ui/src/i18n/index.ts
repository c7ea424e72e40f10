import type { MessageFormatElement } from '@formatjs/icu-messageformat-parser'
import { IntlMessageFormat } from 'intl-messageformat'
import { en } from './en/index.ts'
import { FORMATS, LOCALE } from './locale.ts'

/** Messages of a language: groups of groups of ICU messages. */
export interface Messages {
  readonly [name: string]: string | Messages
}

/** The same names with texts of another language: a missing one does not compile. */
export type Translation<T> = { readonly [K in keyof T]: T[K] extends string ? string : Translation<T[K]> }

type KeyOf<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${KeyOf<T[K]>}`
}[keyof T & string]

/** Path of a message: `tasks.status.backlog`. */
export type TextKey = KeyOf<typeof en>

export type Compile = (text: string) => string | MessageFormatElement[]

let messages: Messages = en
let compile: Compile = (text) => text
const formats = new Map<string, IntlMessageFormat>()

/** Replaces the messages of the page, before the app is loaded; `compile_text` changes each of them, for tests. */
export function setMessages(tree: Messages, compile_text: Compile = (text) => text): void {
  messages = tree
  compile = compile_text
  formats.clear()
}

function find(key: string): string | undefined {
  let at: string | Messages | undefined = messages
  for (const name of key.split('.')) at = typeof at === 'object' ? at[name] : undefined
  return typeof at === 'string' ? at : undefined
}

function formatOf(key: string): IntlMessageFormat {
  const known = formats.get(key)
  if (known) return known
  const text = find(key)
  if (text === undefined) throw new Error(`No text named ${key}`)
  // Plurals follow the language of the text, which is the one of its formats.
  const made = new IntlMessageFormat(compile(text), FORMATS, undefined, { ignoreTag: true })
  formats.set(key, made)
  return made
}

export type Values = Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * The text of a key in the language of the page. `{name}` is replaced by a value, `{count, plural, one {# task} other {#
 * tasks}}` chooses by number (ICU message syntax, the rules of plurals are those of `Intl`).
 */
export function t(key: TextKey, values?: Values): string {
  return String(formatOf(key).format(values))
}

/** A part of a text: words, or one of the values given. */
export type TextPart<T> = string | T

/** The text of a key with objects as values, in the order of the language: for names, links and components within a sentence. */
export function parts<T extends object>(
  key: TextKey,
  values: Readonly<Record<string, T | string | number>>,
): TextPart<T>[] {
  const made = formatOf(key).format<T>(values)
  return (Array.isArray(made) ? made : [made]) as TextPart<T>[]
}

/** A whole number or a fraction as the language writes it. */
const number = new Intl.NumberFormat(FORMATS)
export const inNumber = (value: number): string => number.format(value)

/** "a, b and c". */
const every = new Intl.ListFormat(FORMATS, { type: 'conjunction' })
export const allOf = (words: readonly string[]): string => every.format(words)

/** "a, b or c". */
const either = new Intl.ListFormat(FORMATS, { type: 'disjunction' })
export const oneOf = (words: readonly string[]): string => either.format(words)

export { FORMATS, LOCALE }
