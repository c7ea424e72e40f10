import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { guideUrl } from './address.ts'

/** A Markdown file of `docs/`. */
export interface Source {
  /** Below `docs/`, e.g. `guides/for-agents.md`. */
  path: string
  /** Below `/docs/guide/`, e.g. `guides/for-agents`; of a `README.md` its folder. */
  url: string
  title: string
  text: string
}

/** A line of the sidebar, with those below it. */
export interface Entry {
  title: string
  url: string
}

export interface Group {
  title: string
  entries: Entry[]
}

/** All Markdown files below a folder. Throws when one has no title. */
export function readSources(docs: string): Source[] {
  return readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(docs, path), 'utf8')
      const title = /^# (.+)$/m.exec(text)?.[1]
      if (title === undefined) throw new Error(`docs/${path} has no title`)
      return { path, url: guideUrl(path), title: title.replaceAll('`', ''), text }
    })
}

/** The groups of the sidebar: the headings of `docs/README.md` and the documents that are listed below each. */
export function readContents(index: string): Group[] {
  return index
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n')
      const entries = lines.flatMap((line) => {
        const found = /^(?:- |\| )\[([^\]]+)\]\(([^)#]+\.md)\)/.exec(line)
        return found ? [{ title: found[1] ?? '', url: guideUrl(found[2] ?? '') }] : []
      })
      return { title: title.trim(), entries }
    })
    .filter(({ entries }) => entries.length > 0)
}

/** Every address of the sidebar must be a page, and every page must be in it or in the folder of one that is an index. */
export function problemsOf(groups: readonly Group[], sources: readonly Source[]): string[] {
  const listed = groups.flatMap(({ entries }) => entries.map(({ url }) => url))
  const urls = new Set(sources.map(({ url }) => url))
  const inside = (url: string) => listed.some((one) => one.endsWith('/') && url.startsWith(one))
  return [
    ...listed.filter((url) => !urls.has(url)).map((url) => `docs/README.md lists ${url}, which is not there`),
    ...sources
      .filter(({ url }) => url !== '' && !listed.includes(url) && !inside(url))
      .map(({ path }) => `docs/README.md does not list ${path}`),
  ]
}

/** Path of a file below `docs/` that a document refers to; undefined when it leads out of the folder or to nothing. */
export function targetOf(docs: string, from: string, href: string): string | undefined {
  const path = relative(docs, join(docs, dirname(from), decodeURI(href))).replaceAll('\\', '/')
  return path.startsWith('..') || !existsSync(join(docs, path)) ? undefined : path
}
