/** A copy of the program that a test turns into another version, with another build of the app. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..', '..')
/** What the server is made of. */
const PARTS = ['src', 'bridge/src', 'ui/dist', 'package.json', 'tsconfig.json']
/** Copies of files in a content coding. */
const ENCODED = /\.(?:br|gz)$/

export class Program {
  readonly root = mkdtempSync(join(tmpdir(), 'mc-version-'))

  constructor() {
    for (const part of PARTS) cpSync(join(ROOT, part), join(this.root, part), { recursive: true })
    for (const libraries of ['node_modules', 'bridge/node_modules'])
      if (existsSync(join(ROOT, libraries))) symlinkSync(join(ROOT, libraries), join(this.root, libraries))
  }

  /** Gives the server another number. */
  number(version: string): void {
    const versions = join(this.root, 'src', 'contracts', 'version.ts')
    const text = readFileSync(versions, 'utf8')
    writeFileSync(versions, text.replace(/(SERVER_VERSION = )'[^']*'/, `$1'${version}'`))
  }

  /**
   * Becomes another version: files of the app that begin with `moved` have other names, as a build gives them to files of
   * other content, and the page names its version. Returns the former names of these files.
   */
  become(version: string, moved: string): string[] {
    this.number(version)
    const app = join(this.root, 'ui', 'dist')
    const names = readdirSync(app, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
    for (const path of names) if (ENCODED.test(path)) rmSync(path)
    const files = names.filter((path) => !ENCODED.test(path))
    const renamed = files
      .map((path) => path.slice(app.length + 1))
      .filter((path) => path.startsWith(`assets/${moved}`))
    const later = (path: string) => path.replace(/(\.\w+)$/, `-${version.replaceAll('.', '')}$1`)
    for (const path of files) {
      if (!/\.(?:js|css|html|json)$/.test(path)) continue
      let content = readFileSync(path, 'utf8')
      for (const one of renamed) {
        const [, name = ''] = one.split('/')
        content = content.replaceAll(name, later(name))
      }
      if (path.endsWith('/sw.js')) content = content.replace(/(VERSION = )"[^"]*"/, `$1"${version}"`)
      if (path === join(app, 'index.html'))
        content = content.replace('<head>', `<head><meta name="test-version" content="${version}">`)
      writeFileSync(path, content)
    }
    for (const one of renamed) {
      cpSync(join(app, one), join(app, later(one)))
      rmSync(join(app, one))
    }
    return renamed
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
