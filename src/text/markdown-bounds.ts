import type { MarkdownIt, StateInline } from 'markdown-it'

/*
 * Bounds of the parser. Its time is not linear in hostile text, and every message passes it on the server's one thread and
 * on the page of each reader. Beyond a bound the signs of a paragraph are text.
 */

/** Longest address that becomes a link, in UTF-16 units. Browsers and servers take about as much. */
const ADDRESS_UNITS_MAX = 2_000
/** Signs of emphasis in one paragraph. */
const DELIMITERS_MAX = 1_000
/** Opening brackets in one paragraph, of links and images. */
const BRACKETS_MAX = 500

/** Makes the time of the parser about linear in the length of the text. */
export function boundTime(markdown: MarkdownIt): void {
  boundAddresses(markdown.linkify)
  markdown.inline.ruler2.before('balance_pairs', 'bound_delimiters', boundDelimiters)
  markdown.inline.ruler.before('link', 'bound_brackets', boundBrackets)
}

const LONG_ADDRESS = `https?://\\S{${ADDRESS_UNITS_MAX},}`

/** Hides long addresses from the search for links; blanks in their place keep the positions of the others. */
function boundAddresses(linkify: MarkdownIt['linkify']): void {
  const each = new RegExp(LONG_ADDRESS, 'gi')
  const first = new RegExp(`^${LONG_ADDRESS}`, 'i')
  const shorter = (text: string) => text.replace(each, (address) => ' '.repeat(address.length))
  const [test, match, matchAtStart] = [linkify.test, linkify.match, linkify.matchAtStart]
  linkify.test = (text) => test.call(linkify, shorter(text))
  linkify.match = (text) => match.call(linkify, shorter(text))
  linkify.matchAtStart = (text) => (first.test(text) ? null : matchAtStart.call(linkify, text))
}

function boundDelimiters(state: StateInline): boolean {
  if (state.delimiters.length > DELIMITERS_MAX) state.delimiters = []
  return false
}

const brackets = new WeakMap<StateInline, number>()

/** Takes a bracket as text in a paragraph with too many of them. */
function boundBrackets(state: StateInline, silent: boolean): boolean {
  const sign = state.src[state.pos]
  if (sign !== '[' && sign !== '!') return false
  const count = brackets.get(state) ?? state.src.split('[').length - 1
  brackets.set(state, count)
  if (count <= BRACKETS_MAX) return false
  if (!silent) state.pending += sign
  state.pos++
  return true
}
