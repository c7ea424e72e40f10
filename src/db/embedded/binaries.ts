import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { notBeside, notInstalled, type Platform } from './platform.ts'

/** PostgreSQL's binaries as they are installed. */
export interface Binaries {
  /** Folder with `bin`, `lib` and `share`. */
  native: string
  /** Version of the npm package. */
  version: string
  /** Not those of this program: of an older cluster that is upgraded. */
  foreign?: true
}

/** Folder of the binaries beside the program, when it is a single file. */
export const BESIDE_PROGRAM = 'postgresql'

/** Finds the installed binaries. Throws one sentence when there are none for this machine. */
export function findBinaries(platform: Platform): Binaries {
  const root = rootOf(platform)
  const native = join(root, 'native')
  if (!existsSync(join(native, platform.program('postgres'))))
    throw isSingleFile() ? notBeside(root) : notInstalled(platform)
  repairLinks(native)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { native, version }
}

/** Whether this program is a single file, made by `bun build --compile`: its modules then lie in the file itself. */
function isSingleFile(): boolean {
  return /^(\/\$bunfs|[A-Z]:[\\/]~BUN)[\\/]/.test(import.meta.path)
}

/** Folder of the package: in `node_modules`, or beside the program when it is a single file. */
function rootOf(platform: Platform): string {
  if (isSingleFile()) return join(dirname(process.execPath), BESIDE_PROGRAM)
  try {
    return join(dirname(fileURLToPath(import.meta.resolve(platform.package))), '..')
  } catch {
    throw notInstalled(platform)
  }
}

/** PostgreSQL of another version in a folder with `bin/postgres`, or with the package's `native/bin`. Throws one sentence. */
export function binariesIn(folder: string, platform: Platform): Binaries {
  const native = [join(folder, 'native'), folder].find((at) =>
    existsSync(join(at, platform.program('postgres'))),
  )
  if (native === undefined) throw new Error(`There is no ${platform.program('postgres')} in ${folder}.`)
  repairLinks(native)
  const said = spawnSync(join(native, platform.program('postgres')), ['--version'], { encoding: 'utf8' })
  const version = /\(PostgreSQL\) (\S+)/.exec(said.stdout ?? '')?.[1]
  if (version === undefined) throw new Error(`${join(native, platform.program('postgres'))} does not start.`)
  return { native, version, foreign: true }
}

/** Makes the library links of the package's install script: they are missing after `--ignore-scripts` or a kill. */
export function repairLinks(native: string): void {
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
