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

/** The documents that no group lists, neither by name nor by the index of their folder. */
export function unlisted(groups: readonly Group[], sources: readonly Source[]): Source[] {
  const listed = groups.flatMap(({ entries }) => entries.map(({ url }) => url))
  const inside = (url: string) => listed.some((one) => one.endsWith('/') && url.startsWith(one))
  return sources.filter(({ url }) => url !== '' && !listed.includes(url) && !inside(url))
}

/** Path of a file below `docs/` that a document refers to; undefined when it leads out of the folder or to nothing. */
export function targetOf(docs: string, from: string, href: string): string | undefined {
  const path = relative(docs, join(docs, dirname(from), decodeURI(href))).replaceAll('\\', '/')
  return path.startsWith('..') || !existsSync(join(docs, path)) ? undefined : path
}
