import MarkdownIt, { type StateCore, type StateInline, type Token } from 'markdown-it'
import { boundTime } from './markdown-bounds.ts'
import { type Align, type Block, type Inline, type ListItem, pieces } from './tree.ts'
import { isInvisible } from './visible.ts'

const markdown = new MarkdownIt('default', { html: false, linkify: true, breaks: true, typographer: false })
// Only explicit URLs become links: "release.sh" and e-mail addresses stay text.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
for (const scheme of ['//', 'ftp:', 'mailto:']) markdown.linkify.add(scheme, null)
boundTime(markdown)
// What was written is shown: character references and link definitions stay text, and addresses are not decoded.
markdown.disable(['entity', 'reference'])
markdown.normalizeLinkText = (url) => url
markdown.inline.ruler.at('escape', keepEscape)
markdown.inline.ruler.at('newline', keepSpaces)
markdown.core.ruler.after('block', 'keep_indent', keepIndent)
markdown.validateLink = (url) => safeHref(url) !== undefined

/**
 * The normalized URL if it is absolute and http or https; else undefined. One with a user, `https://bank.example@evil.example`,
 * shows another host than it leads to.
 */
export function safeHref(url: string): string | undefined {
  const trimmed = url.trim()
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) return undefined
  const { protocol, href, username, password } = new URL(trimmed)
  if (username !== '' || password !== '') return undefined
  return protocol === 'http:' || protocol === 'https:' ? href : undefined
}

/** Parses a message into the tree of `tree.ts`. A message that would show nothing is shown as its source. */
export function parseMarkdown(source: string): Block[] {
  const blocks = readBlocks(new Reader(markdown.parse(source, {})), undefined)
  return showsText(blocks) ? blocks : [{ type: 'paragraph', children: linesOf(source) }]
}

function showsText(blocks: readonly Block[]): boolean {
  return pieces(blocks).some((piece) => piece.type !== 'break' && !isInvisible(piece.text))
}

function linesOf(source: string): Inline[] {
  return source
    .split('\n')
    .flatMap((text, i): Inline[] => [...(i > 0 ? [{ type: 'break' } as const] : []), { type: 'text', text }])
}

/** Gives the first line of a paragraph back the indentation that the parser trims. Its other lines keep theirs anyway. */
function keepIndent(state: StateCore): void {
  const lines = state.src.split('\n')
  for (const [i, token] of state.tokens.entries()) {
    const before = state.tokens[i - 1]
    if (token.type !== 'inline' || before?.type !== 'paragraph_open' || before.level > 0) continue
    const indent = /^[ \t]*/.exec(lines[token.map?.[0] ?? -1] ?? '')?.[0] ?? ''
    token.content = indent + token.content
  }
}

/**
 * A backslash takes the meaning from the sign after it, and both are shown: the standard rule would drop backslashes of
 * paths (`C:\\_temp`), and without any rule the asterisks of `C:\\*\\*.log` would be emphasis.
 */
function keepEscape(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '\\') return false
  const sign = /^[!-/:-@[-`{-~]/.test(state.src.slice(state.pos + 1, Math.min(state.pos + 2, state.posMax)))
  const end = state.pos + (sign ? 2 : 1)
  if (!silent) state.pending += state.src.slice(state.pos, end)
  state.pos = end
  return true
}

/** A line break that keeps the spaces on both of its sides. */
function keepSpaces(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '\n') return false
  if (!silent) state.push('softbreak', 'br', 0)
  state.pos++
  return true
}

class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++]
  }
}

function readBlocks(reader: Reader, until: string | undefined): Block[] {
  const blocks: Block[] = []
  for (let token = reader.next(); token && token.type !== until; token = reader.next()) {
    const block = readBlock(token, reader)
    if (block) blocks.push(block)
  }
  return blocks
}

function readBlock(token: Token, reader: Reader): Block | undefined {
  switch (token.type) {
    case 'paragraph_open':
      return { type: 'paragraph', children: readLeaf(reader, 'paragraph_close') }
    case 'heading_open':
      return {
        type: 'heading',
        level: Number(token.tag.slice(1)) || 6,
        children: readLeaf(reader, 'heading_close'),
      }
    case 'bullet_list_open':
      return { type: 'list', ordered: false, items: readItems(reader, 'bullet_list_close') }
    case 'ordered_list_open':
      return { type: 'list', ordered: true, items: readItems(reader, 'ordered_list_close') }
    case 'blockquote_open':
      return { type: 'quote', children: readBlocks(reader, 'blockquote_close') }
    case 'fence':
    case 'code_block':
      return { type: 'code_block', info: token.info.trim(), text: token.content.replace(/\n$/, '') }
    case 'hr':
      return { type: 'rule' }
    case 'table_open':
      return readTable(reader)
    case 'inline':
      return { type: 'paragraph', children: readInline(token.children ?? []) }
    default:
      return token.content === ''
        ? undefined
        : { type: 'paragraph', children: [{ type: 'text', text: token.content }] }
  }
}

function readLeaf(reader: Reader, until: string): Inline[] {
  const children: Inline[] = []
  for (let token = reader.next(); token && token.type !== until; token = reader.next())
    children.push(...readInline(token.children ?? []))
  return children
}

function readItems(reader: Reader, until: string): ListItem[] {
  const items: ListItem[] = []
  for (let token = reader.next(); token && token.type !== until; token = reader.next())
    if (token.type === 'list_item_open') {
      const children = readBlocks(reader, 'list_item_close')
      const checked = takeBox(children)
      const value = Number(token.info || Number.NaN)
      items.push({
        ...(Number.isNaN(value) ? {} : { value }),
        ...(checked === undefined ? {} : { checked }),
        children,
      })
    }
  return items
}

/** Box of a task item, `[ ]` or `[x]` and a space at its start. */
const BOX = /^\[([ xX])\] +/

/** Removes the box from the text of a task item, and tells its state. */
function takeBox([first]: readonly Block[]): boolean | undefined {
  const text = first?.type === 'paragraph' ? first.children[0] : undefined
  const box = text?.type === 'text' ? BOX.exec(text.text) : null
  if (text?.type !== 'text' || !box) return undefined
  text.text = text.text.slice(box[0].length)
  return box[1] !== ' '
}

const ALIGN = /text-align:(left|center|right)/

function readTable(reader: Reader): Block {
  const rows: Inline[][][] = []
  const align: Align[] = []
  for (let token = reader.next(); token && token.type !== 'table_close'; token = reader.next()) {
    if (token.type === 'tr_open') rows.push([])
    if (token.type === 'th_open') align.push(alignOf(token))
    if (token.type === 'inline') rows.at(-1)?.push(readInline(token.children ?? []))
  }
  const [head = [], ...body] = rows
  return { type: 'table', align, head, rows: body }
}

function alignOf(token: Token): Align {
  const [, side] = ALIGN.exec(String(token.attrGet('style') ?? '')) ?? []
  return side === 'left' || side === 'center' || side === 'right' ? side : undefined
}

const MARKS = { strong_open: 'strong', em_open: 'em', s_open: 'strike' } as const

/** Builds a tree from the flat list of opening, closing and leaf tokens. */
function readInline(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = []
  const stack: Inline[][] = [root]
  const into = () => stack.at(-1) ?? root
  for (const token of tokens) {
    if (token.nesting === -1) {
      if (stack.length > 1) stack.pop()
    } else if (token.nesting === 1) {
      const children: Inline[] = []
      into().push(opened(token, children))
      stack.push(children)
    } else {
      into().push(...leaf(token))
    }
  }
  return root
}

function opened(token: Token, children: Inline[]): Inline {
  if (token.type === 'strong_open' || token.type === 'em_open' || token.type === 's_open')
    return { type: MARKS[token.type], children }
  const href = token.type === 'link_open' ? safeHref(String(token.attrGet('href') ?? '')) : undefined
  // `validateLink` has already turned unsafe links into text, so the fallback is not reached.
  return href === undefined ? { type: 'em', children } : { type: 'link', href, children }
}

function leaf(token: Token): Inline[] {
  switch (token.type) {
    case 'code_inline':
      return [{ type: 'code', text: token.content }]
    case 'softbreak':
    case 'hardbreak':
      return [{ type: 'break' }]
    case 'image':
      return picture(token)
    default:
      return token.content === '' ? [] : [{ type: 'text', text: token.content }]
  }
}

/** An image becomes a link: loading it would disclose the reader to a foreign server. */
function picture(token: Token): Inline[] {
  const text = token.content || 'picture'
  const href = safeHref(String(token.attrGet('src') ?? ''))
  return [
    href === undefined ? { type: 'text', text } : { type: 'link', href, children: [{ type: 'text', text }] },
  ]
}
