import type { ErrorCode } from '@contracts/errors.ts'
import { patternsOf, translated } from '@text/sentences.ts'

/** Of what the server said: a refusal with its code, a problem of a field, or the title of a notification or of its own message. */
export type ServerSaid = { code: ErrorCode } | 'problem' | 'title'

export type Translator = (sentence: string, said: ServerSaid) => string

let translate: Translator = (sentence) => sentence

/** Sets how sentences of the server read in the language of the page, before the app is loaded. */
export function setTranslator(translator: Translator): void {
  translate = translator
}

/** A sentence of the server in the language of the page; the server itself speaks English. */
export function ofServer(sentence: string, said: ServerSaid): string {
  return translate(sentence, said)
}

export interface ServerWords {
  /** By the English sentence, in which `{}` stands for a value; `{0}` is the first one. */
  sentences: Readonly<Record<string, string>>
  titles: Readonly<Record<string, string>>
  /** Values that are words. */
  words: Readonly<Record<string, string>>
  by_code: Readonly<Record<ErrorCode, string>>
  problem: string
}

/** Translates known sentences. Of another refusal the code is told, and another title stays as it is. */
export function translatorOf({ sentences, titles, words, by_code, problem }: ServerWords): Translator {
  const known = patternsOf(sentences)
  const known_titles = patternsOf(titles)
  const word = (value: string) => {
    const each = value.split(', ').map((one) => words[one] ?? one)
    return each.join(', ')
  }
  return (sentence, said) => {
    const found = translated(said === 'title' ? known_titles : known, sentence, word)
    if (found !== undefined) return found
    if (said === 'title') return sentence
    return said === 'problem' ? problem : by_code[said.code]
  }
}
