import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { embeddedBelow } from '../files/embedded.ts'
import { acceptedEncoding, ENCODINGS, type Encoding } from './encoding.ts'

/** Files of the built web app. */
export interface Assets {
  /** The file, or the app's page for the path of a page; undefined for any other path, or when there is no app. */
  serve(request: Request, headers: Readonly<Record<string, string>>, vary: string): Response | undefined
  /** Whether there is a file at this path. */
  has(pathname: string): boolean
  /** A file of the guide, or the page of a document by its path without an ending; undefined when there is none. */
  guide(request: Request, headers: Readonly<Record<string, string>>, vary: string): Response | undefined
}

/** Path of the guide that the build makes of docs/ (ui/scripts/guide). Its pages name each other relatively. */
export const GUIDE = '/docs/guide'

interface File {
  path: string
  content: Bun.BunFile | string
  type: string
  /** Precompressed copies by their coding. */
  encoded: Map<Encoding, Bun.BunFile>
}

/** Endings of the copies that the build makes (ui/scripts/precompress.ts). */
const SUFFIX: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz' }

const TYPES: Readonly<Record<string, string>> = { webmanifest: 'application/manifest+json' }

/** `/favicon.ico`, `/robots.txt`, `/.well-known/x`: the path of a file, which no page of the app has. */
function isFilePath(pathname: string): boolean {
  return pathname.startsWith('/.well-known/') || pathname.lastIndexOf('.') > pathname.lastIndexOf('/')
}

/**
 * Lists the files once. A requested path is looked up in that list and never opened, so it cannot leave the folder. Below a
 * base path the page names it, for its own addresses and for the app; files name each other relatively.
 */
export async function loadAssets(folder: string, base_path = ''): Promise<Assets> {
  const files = listFiles(await pathsIn(folder))
  const page = files.get('/index.html')
  const index =
    page && base_path !== ''
      ? {
          ...page,
          content: pageBelow(base_path, await Bun.file(page.path).text()),
          encoded: new Map(),
        }
      : page
  if (index) files.set('/index.html', index)
  const send = (
    { file, hashed }: { file: File; hashed: boolean },
    request: Request,
    headers: Readonly<Record<string, string>>,
    vary: string,
  ): Response => {
    const cache = hashed ? 'public, max-age=31536000, immutable' : 'no-cache'
    const all = { ...headers, 'Cache-Control': cache, 'Content-Type': file.type }
    if (file.encoded.size === 0) return new Response(file.content, { headers: all })
    const encoding = acceptedEncoding(
      request,
      ENCODINGS.filter((name) => file.encoded.has(name)),
    )
    const content = (encoding && file.encoded.get(encoding)) ?? file.content
    return new Response(content, {
      headers: { ...all, Vary: vary, ...(encoding ? { 'Content-Encoding': encoding } : {}) },
    })
  }
  return {
    has: (pathname) => files.has(pathname),
    serve(request, headers, vary) {
      if (!isRead(request)) return undefined
      const { pathname } = new URL(request.url)
      // Names under /assets/ contain a hash of their content: an unknown name belongs to another version, not to a page.
      const hashed = pathname.startsWith('/assets/')
      const file = files.get(pathname) ?? (hashed || isFilePath(pathname) ? undefined : index)
      return file && send({ file, hashed }, request, headers, vary)
    },
    guide(request, headers, vary) {
      if (!isRead(request)) return undefined
      const { pathname } = new URL(request.url)
      if (!pathname.startsWith(`${GUIDE}/`)) return undefined
      const file =
        files.get(pathname) ?? files.get(`${pathname}${pathname.endsWith('/') ? 'index.html' : '.html'}`)
      const hashed = pathname.startsWith(`${GUIDE}/assets/`)
      return file && send({ file, hashed }, request, headers, vary)
    },
  }
}

const isRead = ({ method }: Request) => method === 'GET' || method === 'HEAD'

/** The page with its addresses below the base path. Only the build writes it: every address begins with one slash. */
function pageBelow(base_path: string, page: string): string {
  return page
    .replaceAll(/ (href|src)="\/(?!\/)/g, ` $1="${base_path}/`)
    .replace('<head>', `<head><meta name="mc-base" content="${base_path}">`)
}

/** Paths of the app's files by name: inside this program, or in the folder of the build. */
async function pathsIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const embedded = embeddedBelow('ui')
  if (embedded.size > 0 || !existsSync(folder)) return embedded
  const names = await Array.fromAsync(new Bun.Glob('**/*').scan({ cwd: folder, onlyFiles: true }))
  return new Map(names.map((name) => [name, join(folder, name)]))
}

function listFiles(names: ReadonlyMap<string, string>): Map<string, File> {
  const isCopy = (name: string) =>
    ENCODINGS.some((encoding) => {
      const suffix = SUFFIX[encoding]
      return name.endsWith(suffix) && names.has(name.slice(0, -suffix.length))
    })
  const files = new Map<string, File>()
  for (const [name, path] of names) {
    if (isCopy(name)) continue
    const encoded = ENCODINGS.filter((encoding) => names.has(name + SUFFIX[encoding])).map(
      (encoding): [Encoding, Bun.BunFile] => [encoding, Bun.file(names.get(name + SUFFIX[encoding])!)],
    )
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? Bun.file(name).type
    files.set(`/${name}`, { path, content: Bun.file(path), type, encoded: new Map(encoded) })
  }
  return files
}
