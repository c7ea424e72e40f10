import { existsSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { notInstalled, type Platform } from './platform.ts'

/** PostgreSQL's binaries as they are installed. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  native: string
  /** Version of the npm package. */
  version: string
}

/** Finds the installed binaries. Throws one sentence when there are none for this machine. */
export function findBinaries(platform: Platform): Binaries {
  let root: string
  try {
    root = join(dirname(fileURLToPath(import.meta.resolve(platform.package))), '..')
  } catch {
    throw notInstalled(platform)
  }
  const native = join(root, 'native')
  if (!existsSync(join(native, platform.program('postgres')))) throw notInstalled(platform)
  repairLinks(native)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { native, version }
}

/** Makes the library links of the package's install script: they are missing after `--ignore-scripts` or a kill. */
function repairLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const at = join(native, '..', target)
    if (existsSync(at)) continue
    try {
      unlinkSync(at)
    } catch {
      // The usual case: there is no dangling link to remove.
    }
    symlinkSync(basename(source), at)
  }
}
