import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Plugin, Rolldown } from 'vite'
import { guideFile } from './address.ts'
import { type Files, pageOf } from './layout.ts'
import { readContents, readSources, unlisted } from './pages.ts'
import { render } from './render.ts'

/** Where the guide lies in the build, which is also its path on the server. */
export const GUIDE = 'docs/guide'
/** Its script and its styles, with a hash in their names. */
export const GUIDE_ASSETS = `${GUIDE}/assets`

/** Emits the guide: a page of every document of `docs/`, its pictures, and the index of its search. */
export function guide(): Plugin {
  let docs = ''
  return {
    name: 'guide',
    apply: 'build',
    configResolved(config) {
      docs = join(config.root, '..', 'docs')
    },
    generateBundle(_, bundle) {
      for (const [name, source] of guideFiles(docs, filesIn(bundle)))
        this.emitFile({ type: 'asset', fileName: `${GUIDE}/${name}`, source })
    },
  }
}

/** The files of the guide by their names below its folder. Throws one sentence for each mistake in the documents. */
export function guideFiles(docs: string, files: Files): Map<string, string | Uint8Array> {
  const sources = readSources(docs)
  const groups = readContents(sources.find(({ url }) => url === '')?.text ?? '')
  const others = unlisted(groups, sources)
  if (others.length > 0) groups.push({ title: 'More', entries: others })
  const made = new Map<string, string | Uint8Array>()
  const index: [string, string, string, string][] = []
  for (const source of sources) {
    const rendered = render(docs, source)
    made.set(guideFile(source.url), pageOf(source, rendered, { groups, sources, files }))
    for (const { id, heading, text } of rendered.sections)
      index.push([id === '' ? source.url : `${source.url}#${id}`, source.title, heading, text])
    for (const picture of rendered.pictures) made.set(picture, readFileSync(join(docs, picture)))
  }
  made.set('search.json', JSON.stringify(index))
  return made
}

function filesIn(bundle: Rolldown.OutputBundle): Files {
  const within = (name: string) => posix.relative(GUIDE, name)
  for (const chunk of Object.values(bundle)) {
    if (chunk.type !== 'chunk' || chunk.name !== 'guide' || !chunk.isEntry) continue
    return {
      script: within(chunk.fileName),
      styles: [...(chunk.viteMetadata?.importedCss ?? [])].map(within),
    }
  }
  throw new Error('The build has no script of the guide.')
}
