import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser'

/**
 * Pseudo-localization: texts of English with accents, a third longer and in brackets. What shows without accents is not a
 * text of the message files; what is cut has no room for a longer language.
 */
export function pseudo(text: string): MessageFormatElement[] {
  const elements = parse(text, { ignoreTag: true }).map(accented)
  const extra = '~'.repeat(Math.ceil(text.length / 3))
  return [literal('⟦'), ...elements, literal(`${extra}⟧`)]
}

/** The same of a text that is whole, e.g. a sentence of the server. */
export const pseudoText = (text: string): string => `⟦${accents(text)}⟧`

function accented(element: MessageFormatElement): MessageFormatElement {
  if (element.type === TYPE.literal) return { ...element, value: accents(element.value) }
  if (element.type !== TYPE.plural && element.type !== TYPE.select) return element
  const options = Object.fromEntries(
    Object.entries(element.options).map(([name, option]) => [
      name,
      { ...option, value: option.value.map(accented) },
    ]),
  )
  return { ...element, options } as MessageFormatElement
}

const literal = (value: string): MessageFormatElement => ({ type: TYPE.literal, value })

const PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ACCENTED = [...'ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž']

const accents = (text: string): string =>
  [...text].map((letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter).join('')
