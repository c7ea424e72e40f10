import { relativeUrl, upFrom } from './address.ts'
import { escapeHtml } from './html.ts'
import type { Entry, Group, Source } from './pages.ts'
import type { Rendered } from './render.ts'

/** The files that every page loads, below `/docs/guide/`. */
export interface Files {
  script: string
  styles: readonly string[]
}

const MARK = `<svg viewBox="0 0 28 28" fill="none" aria-hidden="true" focusable="false"><rect class="mark-agent" x="10.5" y="10.5" width="15" height="15" rx="5" stroke-width="1.5"/><circle class="mark-person" cx="10.5" cy="10.5" r="8" stroke-width="1.5"/><circle class="mark-dot" cx="10.5" cy="10.5" r="2.25"/></svg>`

interface Around {
  groups: readonly Group[]
  sources: readonly Source[]
  files: Files
}

/** The whole page of a document. All addresses are relative: one build works below any path. */
export function pageOf(
  source: Source,
  { html, headings }: Rendered,
  { groups, sources, files }: Around,
): string {
  const { url, title } = source
  const up = upFrom(url)
  const to = (other: string) => escapeHtml(relativeUrl(url, other))
  const name = url === '' ? 'Mission Control Guide' : `${title} · Mission Control Guide`
  const link = (entry: Entry) =>
    `<li><a href="${to(entry.url)}"${entry.url === url ? ' aria-current="page"' : ''}>${escapeHtml(entry.title)}</a>${below(entry)}</li>`
  /** The documents of a folder are listed while one of them is open. */
  const below = (entry: Entry): string => {
    if (!entry.url.endsWith('/') || !url.startsWith(entry.url)) return ''
    const others = sources.filter((one) => one.url.startsWith(entry.url) && one.url !== entry.url)
    return `<ul>${others.map(link).join('')}</ul>`
  }
  const contents = groups.map(
    (group) => `<h2>${escapeHtml(group.title)}</h2><ul>${group.entries.map(link).join('')}</ul>`,
  )
  const toc = headings.filter(({ level }) => level === 2)
  const onPage =
    toc.length < 2
      ? ''
      : `<nav class="toc" aria-label="On this page"><h2>On this page</h2><ul>${toc
          .map(({ id, text }) => `<li><a href="#${escapeHtml(id)}">${escapeHtml(text)}</a></li>`)
          .join('')}</ul></nav>`
  return `<!doctype html>
<html lang="en" data-root="${up || './'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)}</title>
<link rel="icon" href="${up}../../favicon.svg" type="image/svg+xml">
${files.styles.map((file) => `<link rel="stylesheet" href="${up}${file}">`).join('\n')}
<script type="module" src="${up}${files.script}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="bar">
<a class="brand" href="${to('')}">${MARK}<span>Mission Control <b>Guide</b></span></a>
<search class="find" hidden><label class="vh" for="find">Search the guide</label><input id="find" type="search" placeholder="Search the guide" autocomplete="off" spellcheck="false" enterkeyhint="search"><kbd aria-hidden="true">/</kbd><div class="found" hidden><p role="status"></p><ul></ul></div></search>
<nav class="links" aria-label="Server"><a href="${up}../../docs">API document</a><a href="${up}../../">Open the app</a></nav>
<a class="menu" href="#contents">Contents</a>
</header>
<div class="columns">
<nav class="contents" id="contents" aria-label="Contents"><a class="close" href="#main">Close contents</a>${contents.join('')}</nav>
<main id="main" tabindex="-1">
<article class="text">
${html}</article>
${neighbours(url, groups, to)}
</main>
${onPage}
</div>
</body>
</html>
`
}

/** Links to the documents before and after, in the order of the sidebar. */
function neighbours(url: string, groups: readonly Group[], to: (url: string) => string): string {
  const order = [
    { title: 'Guide', url: '' },
    ...groups.flatMap(({ entries }) => entries.filter((entry) => entry.url !== '')),
  ]
  const at = order.findIndex((entry) => entry.url === url)
  const before = order[at - 1]
  const after = order[at + 1]
  if (at < 0 || (before === undefined && after === undefined)) return ''
  const one = (entry: Entry | undefined, word: string, side: string) =>
    entry === undefined
      ? ''
      : `<a class="${side}" href="${to(entry.url)}" rel="${side}"><small>${word}</small>${escapeHtml(entry.title)}</a>`
  return `<nav class="around" aria-label="Neighbouring pages">${one(before, 'Before', 'prev')}${one(after, 'Next', 'next')}</nav>`
}
