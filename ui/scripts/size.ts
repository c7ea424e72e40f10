import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What a first visit may cost, in JavaScript after gzip: the limit for the sign-in page. */
export const FIRST_LOAD_BYTES_MAX = 200 * 1024

/** What the own chunk of a view may cost, in JavaScript after gzip. */
export const VIEW_BYTES_MAX = 80 * 1024

export interface FirstLoad {
  files: { file: string; gzip_bytes: number }[]
  gzip_bytes: number
}

interface Chunk {
  file: string
  isDynamicEntry?: boolean
  imports?: string[]
  css?: string[]
}

function manifestOf(dist: string): Record<string, Chunk> {
  return JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
}

const gzipBytes = (dist: string, file: string) => gzipSync(readFileSync(join(dist, file))).byteLength

/** Chunks that are loaded when their view or its part is opened, the largest first. */
export function viewChunks(dist: string): { view: string; gzip_bytes: number }[] {
  return Object.entries(manifestOf(dist))
    .filter(([name, { isDynamicEntry }]) => isDynamicEntry && /^src\/(pages|layouts|components)\//.test(name))
    .map(([view, { file }]) => ({ view, gzip_bytes: gzipBytes(dist, file) }))
    .sort((a, b) => b.gzip_bytes - a.gzip_bytes)
}

/**
 * The JavaScript that a page needs before it shows: the entry, the app, the page's chunk and all that they import.
 * Reads the manifest of a build in `dist`; throws when there is none.
 */
export function firstLoad(dist: string, page: string): FirstLoad {
  const manifest = manifestOf(dist)
  const wanted = new Set<string>()
  const visit = (name: string) => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`The build has no chunk ${name}.`)
    if (wanted.has(chunk.file)) return
    wanted.add(chunk.file)
    for (const next of chunk.imports ?? []) visit(next)
  }
  visit('index.html')
  visit('src/app.ts')
  visit(page)
  const files = [...wanted]
    .filter((file) => file.endsWith('.js'))
    .map((file) => ({ file, gzip_bytes: gzipBytes(dist, file) }))
    .sort((a, b) => b.gzip_bytes - a.gzip_bytes)
  return { files, gzip_bytes: files.reduce((sum, { gzip_bytes }) => sum + gzip_bytes, 0) }
}

if (import.meta.main) {
  const dist = join(import.meta.dir, '../dist')
  const views = viewChunks(dist)
  for (const { view, gzip_bytes } of views) console.log(`${String(gzip_bytes).padStart(8)}  ${view}`)
  console.log(
    `${String(views[0]?.gzip_bytes ?? 0).padStart(8)}  largest view, of ${VIEW_BYTES_MAX} allowed\n`,
  )
  const load = firstLoad(dist, 'src/pages/LoginPage.vue')
  for (const { file, gzip_bytes } of load.files) console.log(`${String(gzip_bytes).padStart(8)}  ${file}`)
  console.log(
    `${String(load.gzip_bytes).padStart(8)}  JavaScript of the sign-in page after gzip, of ${FIRST_LOAD_BYTES_MAX} allowed`,
  )
  if (load.gzip_bytes > FIRST_LOAD_BYTES_MAX || (views[0]?.gzip_bytes ?? 0) > VIEW_BYTES_MAX) process.exit(1)
}
