import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'

const FOLDER = 'postgresql-'
/** Read and, for folders and programs, pass or run: for everybody. */
const OPEN = 0o755

/**
 * Folders for a copy, the preferred one first. The ones of the machine are shared by all data folders, and no backup of the
 * data contains them; a folder for temporary files comes last, because cleaners visit it.
 */
export function copyFolders(data_dir: string | undefined): string[] {
  return [
    '/var/cache/mission-control',
    '/var/lib/mission-control',
    ...(data_dir === undefined ? [] : [privateCopies(data_dir)]),
    join(tmpdir(), 'mission-control'),
  ]
}

/** The folder for copies that only the server of this data folder uses. */
export function privateCopies(data_dir: string): string {
  return join(data_dir, 'postgres-binaries')
}

/**
 * Copies the binaries into `folder`, readable by everybody, once per version. The copy is complete or absent: it is made
 * beside its place and renamed. An existing one is compared file by file (size) and made again when it differs.
 * Returns the copy; undefined when `folder` cannot be written or belongs to another user, who could change the programs.
 */
export function copyBinaries({ native, version }: Binaries, folder: string): string | undefined {
  const copy = join(folder, `${FOLDER}${version}`)
  const fresh = `${copy}.${process.pid}.new`
  try {
    mkdirSync(folder, { recursive: true, mode: OPEN })
    if (!isOurs(folder)) return undefined
    chmodSync(folder, OPEN)
    if (isOurs(copy) && sameFiles(native, copy)) return copy
    rmSync(fresh, { recursive: true, force: true })
    cpSync(native, fresh, { recursive: true, verbatimSymlinks: true })
    openToAll(fresh)
    rmSync(copy, { recursive: true, force: true })
    renameSync(fresh, copy)
    return copy
  } catch {
    // Read-only, full, or renamed by another process at the same moment; the next folder is tried.
    rmSync(fresh, { recursive: true, force: true })
    return isOurs(copy) && sameFiles(native, copy) ? copy : undefined
  }
}

/** Removes copies of other versions and half-made ones from a folder that no other server uses. */
export function removeOtherCopies(folder: string, version: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith(FOLDER) && name !== `${FOLDER}${version}`)
      rmSync(join(folder, name), { recursive: true, force: true })
}

/** A folder (no link) of this user that others cannot write to. */
function isOurs(path: string): boolean {
  if (!existsSync(path)) return false
  const found = lstatSync(path)
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

function sameFiles(from: string, to: string): boolean {
  return readdirSync(from, { recursive: true, withFileTypes: true }).every((entry) => {
    const path = join(entry.parentPath, entry.name)
    const copied = join(to, path.slice(from.length))
    if (!existsSync(copied)) return false
    return !entry.isFile() || statSync(copied).size === statSync(path).size
  })
}

/** Undoes a umask that closed the installation to others. Links have no mode of their own. */
function openToAll(folder: string): void {
  chmodSync(folder, OPEN)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), OPEN)
}
