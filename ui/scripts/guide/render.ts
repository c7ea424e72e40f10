import { existsSync } from 'node:fs'
import { join } from 'node:path'
import MarkdownIt, { type Token } from 'markdown-it'
import { type CodeNode, highlight } from '../../src/components/markdown/highlight.ts'
import { guideUrl, relativeUrl, upFrom } from './address.ts'
import { escapeHtml } from './html.ts'
import { type Source, targetOf } from './pages.ts'

export interface Heading {
  level: number
  id: string
  text: string
}

/** A document as HTML, with what the page around it and the search need. */
export interface Rendered {
  html: string
  headings: Heading[]
  /** The text below each heading, the first without one. */
  sections: { id: string; heading: string; text: string }[]
  /** Pictures below `docs/` that it shows. */
  pictures: string[]
}

const LANGUAGES: Readonly<Record<string, string>> = { sh: 'bash', console: 'bash', shell: 'bash' }

const colored = (node: CodeNode): string =>
  typeof node === 'string'
    ? escapeHtml(node)
    : `<span class="${escapeHtml(node.classes.join(' '))}">${node.children.map(colored).join('')}</span>`

const attribute = (token: Token | undefined, name: string) => String(token?.attrGet(name) ?? '')

const plain = (token: Token | undefined): string =>
  (token?.children ?? []).map((one) => (one.type === 'softbreak' ? ' ' : one.content)).join('')

/** Renders a document. Throws when it holds markup, or a picture that is not there. */
export function render(docs: string, source: Source): Rendered {
  const markdown = new MarkdownIt('default', { html: true, linkify: false, typographer: false })
  const tokens = markdown.parse(source.text, {})
  for (const token of tokens) refuseMarkup(token, source.path)
  const headings = nameHeadings(tokens)
  emptyHeads(tokens)
  for (const token of tokens) rewriteLinks(docs, source, token.children ?? [])
  const pictures = new Set<string>()
  const { rules } = markdown.renderer
  // A heading is a link to itself, unless it holds another one.
  const linked = (token: Token | undefined, inline: Token | undefined) =>
    token?.tag !== 'h1' && inline?.children?.some(({ type }) => type === 'link_open') !== true
  rules.heading_open = (all, i, options, _, self) =>
    self.renderToken(all, i, options) +
    (linked(all[i], all[i + 1]) ? `<a href="#${escapeHtml(attribute(all[i], 'id'))}">` : '')
  rules.heading_close = (all, i, options, _, self) =>
    (linked(all[i], all[i - 1]) ? '</a>' : '') + self.renderToken(all, i, options)
  rules.fence = (all, i) => fence(all[i])
  rules.table_open = () => '<div class="table" tabindex="0"><table>\n'
  rules.table_close = () => '</table></div>\n'
  rules.image = (all, i) => picture(docs, source, all[i], pictures)
  return {
    html: markdown.renderer.render(tokens, markdown.options, {}),
    headings,
    sections: sectionsOf(tokens),
    pictures: [...pictures],
  }
}

/** Comments are for the readers of the file; any other markup would look different on other sites. */
function refuseMarkup(token: Token, path: string): void {
  if (token.type.startsWith('html_') && !/^<!--[\s\S]*-->\s*$/.test(token.content))
    throw new Error(`docs/${path} holds markup: ${token.content}`)
  for (const child of token.children ?? []) refuseMarkup(child, path)
}

/** Gives each heading the id that GitHub gives it. */
function nameHeadings(tokens: readonly Token[]): Heading[] {
  const used = new Map<string, number>()
  const headings: Heading[] = []
  for (const [i, token] of tokens.entries()) {
    const inline = tokens[i + 1]
    if (token.type !== 'heading_open' || !inline) continue
    const text = plain(inline)
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    const times = used.get(slug) ?? 0
    used.set(slug, times + 1)
    const id = times === 0 ? slug : `${slug}-${times}`
    const level = Number(token.tag.slice(1))
    token.attrSet('id', id)
    headings.push({ level, id, text })
  }
  return headings
}

/** A column without a name has no header cell. */
function emptyHeads(tokens: readonly Token[]): void {
  for (const [i, token] of tokens.entries())
    if (token.type === 'th_open' && tokens[i + 1]?.content === '')
      for (const cell of tokens.slice(i, i + 3)) if (cell.tag === 'th') cell.tag = 'td'
}

/** Documents lead to their pages; files of the repository stay text, because a server has no sources. */
function rewriteLinks(docs: string, source: Source, children: readonly Token[]): void {
  let text = false
  for (const token of children) {
    if (token.type === 'link_close' && text) {
      token.tag = 'span'
      text = false
    }
    const href = attribute(token, 'href')
    if (token.type !== 'link_open' || href.startsWith('#')) continue
    if (/^[a-z]+:/.test(href)) {
      token.attrSet('rel', 'noreferrer')
      continue
    }
    const [path = '', anchor] = href.split('#')
    const document = documentOf(docs, targetOf(docs, source.path, path))
    if (document !== undefined) {
      const to = relativeUrl(source.url, guideUrl(document))
      token.attrSet('href', anchor === undefined ? to : `${to}#${anchor}`)
    } else {
      text = true
      token.tag = 'span'
      token.attrs = [
        ['class', 'file'],
        ['title', join('docs', source.path, '..', path)],
      ]
    }
  }
}

function documentOf(docs: string, path: string | undefined): string | undefined {
  if (path === undefined || path.endsWith('.md')) return path
  const index = `${path.replace(/\/$/, '')}/README.md`
  return existsSync(join(docs, index)) ? index : undefined
}

function fence({ content = '', info = '' }: Partial<Token> = {}): string {
  const language = info.trim().split(' ')[0] ?? ''
  const code = highlight(content, LANGUAGES[language] ?? language)
    .map(colored)
    .join('')
  const head = language === '' ? '' : `<div class="code-head"><span>${escapeHtml(language)}</span></div>`
  // Reachable by keyboard, because it scrolls.
  return `<div class="code">${head}<pre tabindex="0"><code>${code}</code></pre></div>\n`
}

/** A picture that there is in both themes follows that of the reader. */
function picture(docs: string, source: Source, token: Token | undefined, pictures: Set<string>): string {
  const src = attribute(token, 'src')
  const path = targetOf(docs, source.path, src)
  if (path === undefined) throw new Error(`docs/${source.path} shows ${src}, which is not there`)
  pictures.add(path)
  const up = upFrom(source.url)
  const phone = path.includes('-phone-') ? ' class="phone"' : ''
  const img = `<img src="${escapeHtml(up + path)}" alt="${escapeHtml(plain(token))}" loading="lazy"${phone}>`
  const dark = path.replace('-light.', '-dark.')
  if (dark === path || !existsSync(join(docs, dark))) return img
  pictures.add(dark)
  return `<picture><source srcset="${escapeHtml(up + dark)}" media="(prefers-color-scheme: dark)">${img}</picture>`
}

function sectionsOf(tokens: readonly Token[]): Rendered['sections'] {
  const sections = [{ id: '', heading: '', text: '' }]
  for (const [i, token] of tokens.entries()) {
    if (token.type === 'heading_open' && token.tag !== 'h1')
      sections.push({ id: attribute(token, 'id'), heading: plain(tokens[i + 1]), text: '' })
    const words = token.type === 'inline' ? plain(token) : token.type === 'fence' ? token.content : ''
    const last = sections.at(-1)
    if (last && words !== '' && tokens[i - 1]?.type !== 'heading_open')
      last.text = `${last.text} ${words.replaceAll(/\s+/g, ' ').trim()}`.trimStart()
  }
  return sections
}
