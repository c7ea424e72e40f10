import { describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { guideUrl, relativeUrl } from '../scripts/guide/address.ts'
import { readContents, readSources, targetOf, unlisted } from '../scripts/guide/pages.ts'
import { guideFiles } from '../scripts/guide/plugin.ts'
import { render } from '../scripts/guide/render.ts'
import { marked, type Section, search } from '../src/guide/search.ts'

const DOCS = join(import.meta.dir, '..', '..', 'docs')

function withDocs<T>(files: Record<string, string>, use: (docs: string) => T): T {
  const docs = mkdtempSync(join(tmpdir(), 'mc-docs-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(docs, path)), { recursive: true })
      writeFileSync(join(docs, path), text)
    }
    return use(docs)
  } finally {
    rmSync(docs, { recursive: true, force: true })
  }
}

const htmlOf = (files: Record<string, string>, path: string) =>
  withDocs(files, (docs) => render(docs, readSources(docs).find((one) => one.path === path)!).html)

describe('the documents', () => {
  const sources = readSources(DOCS)

  test('are all in the contents', () => {
    const groups = readContents(readFileSync(join(DOCS, 'README.md'), 'utf8'))
    expect(unlisted(groups, sources).map(({ path }) => path)).toEqual([])
    const urls = sources.map(({ url }) => url)
    expect(groups.flatMap(({ entries }) => entries).filter(({ url }) => !urls.includes(url))).toEqual([])
  })

  test('of a folder with an index are all in that index', () => {
    for (const index of sources.filter(({ path }) => path.endsWith('/README.md'))) {
      const others = sources.filter((one) => one !== index && one.url.startsWith(index.url))
      expect(others.filter(({ path }) => !index.text.includes(`(${path.slice(index.url.length)})`))).toEqual(
        [],
      )
    }
  })

  test('become pages that name each other relatively', () => {
    const files = guideFiles(DOCS, { script: 'assets/guide.js', styles: ['assets/guide.css'] })
    const page = String(files.get('guides/for-agents.html'))
    expect(page).toContain('<script type="module" src="../assets/guide.js">')
    expect(page).not.toMatch(/ (?:href|src)="\//)
    expect(page).not.toMatch(/<(?:style|script)[ >](?![^>]*src=)/)
  })
})

describe('a page', () => {
  test('leads to other documents by their pages; files of the repository are text', () => {
    const files = {
      'README.md': '# R',
      'a/one.md':
        '# One\n\n[two](../two.md#some-part) [rules](../spec/) [code](../../src/main.ts) [out](https://example.com/x)',
      'two.md': '# Two',
      'spec/README.md': '# Rules',
    }
    const html = htmlOf(files, 'a/one.md')
    expect(html).toContain('<a href="../two#some-part">two</a>')
    expect(html).toContain('<a href="../spec/">rules</a>')
    expect(html).toContain('<span class="file" title="src/main.ts">code</span>')
    expect(html).toContain('<a href="https://example.com/x" rel="noreferrer">out</a>')
  })

  test('has headings that are links to themselves, with the ids of GitHub', () => {
    const html = htmlOf({ 'x.md': '# X\n\n## `A` & B, c?\n\n## A  b\n\n## A  b\n\n## See [x](x.md)' }, 'x.md')
    expect([...html.matchAll(/<h2 id="([^"]*)">(<a href="#[^"]*">)?/g)].map(([, id]) => id)).toEqual([
      'a--b-c',
      'a--b',
      'a--b-1',
      'see-x',
    ])
    expect(html).toContain('<h2 id="see-x">See <a')
  })

  test('shows the picture of the theme, and is refused when one is missing or when it holds markup', () => {
    const files = { 'x.md': '# X\n\n![P](p-light.webp)', 'p-light.webp': '', 'p-dark.webp': '' }
    expect(htmlOf(files, 'x.md')).toContain(
      '<source srcset="p-dark.webp" media="(prefers-color-scheme: dark)">',
    )
    expect(() => htmlOf({ 'x.md': '# X\n\n![P](none.webp)' }, 'x.md')).toThrow(
      'none.webp, which is not there',
    )
    expect(() => htmlOf({ 'x.md': '# X\n\n<b onclick="x()">b</b>' }, 'x.md')).toThrow('holds markup')
    expect(htmlOf({ 'x.md': '# X\n\n<!-- for editors -->\n\n`<b>`' }, 'x.md')).toContain('&lt;b&gt;')
  })

  test('reads no file outside the folder', () => {
    withDocs({ 'x.md': '# X' }, (docs) => {
      expect(targetOf(docs, 'x.md', '../../etc/passwd')).toBeUndefined()
      expect(targetOf(docs, 'x.md', 'x.md')).toBe('x.md')
    })
  })

  test.each([
    ['README.md', '', './'],
    ['spec/README.md', 'spec/', 'spec/'],
    ['guides/for-agents.md', 'guides/for-agents', 'guides/for-agents'],
  ])('%s has its address', (path, url, from_first) => {
    expect([guideUrl(path), relativeUrl('', guideUrl(path))]).toEqual([url, from_first])
  })
})

describe('the search', () => {
  const sections: Section[] = [
    ['a', 'Operations', '', 'How it runs, with a key in passing.'],
    ['a#backup', 'Operations', 'Backup', 'A backup while the server works.'],
    ['b#keys', 'Security', 'Keys', 'A key is shown once; a backup has none.'],
  ]

  test('finds sections with every word, a heading before a text', () => {
    expect(search(sections, 'backup').map(({ url }) => url)).toEqual(['a#backup', 'b#keys'])
    expect(search(sections, 'KEY backup').map(({ url }) => url)).toEqual(['b#keys'])
    expect(search(sections, 'key nothing')).toEqual([])
    expect(search(sections, ' ')).toEqual([])
  })

  test('marks the words, and only them', () => {
    expect(marked('A Key is a key.', 'key')).toEqual([
      { text: 'A ', mark: false },
      { text: 'Key', mark: true },
      { text: ' is a ', mark: false },
      { text: 'key', mark: true },
      { text: '.', mark: false },
    ])
  })
})
