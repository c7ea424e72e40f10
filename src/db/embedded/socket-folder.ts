import { accessSync, chmodSync, constants, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, giveTo } from './account.ts'
import type { Runner } from './runner.ts'

/** Bytes of a Unix socket's path that are left for its folder, with `/.s.PGSQL.65535` behind it. */
const SOCKET_FOLDER_BYTES_MAX = 103 - '/.s.PGSQL.65535'.length
/** PostgreSQL reads a list of folders: a comma parts it, and quotes and spaces at the ends are not part of a name. */
const NO_SOCKET_FOLDER = /[",\p{Cc}]|^\s|\s$/u

/** Folder of PostgreSQL's Unix socket: server and PostgreSQL reach it by the same path. */
export interface SocketFolder {
  path: string
  remove(): void
}

/**
 * Makes the folder: beside the cluster, or in a folder for temporary files when PostgreSQL cannot reach that or its path
 * is too long for a socket or no name of its list. Returns undefined on Windows, where PostgreSQL listens on TCP.
 */
export function makeSocketFolder(root: string, runner: Runner): SocketFolder | undefined {
  if (process.platform === 'win32') return undefined
  const beside = join(root, 'run')
  const fits =
    Buffer.byteLength(beside) <= SOCKET_FOLDER_BYTES_MAX &&
    !NO_SOCKET_FOLDER.test(beside) &&
    runner.path('run') === beside
  const path = fits ? beside : temporaryFolder(root, runner)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  giveTo(runner.account, path)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** The same name at every start, so that a killed server leaves one folder only. */
function temporaryFolder(root: string, runner: Runner): string {
  // `/run` first: only root writes there, and no cleaner of old temporary files visits it.
  const parents = ['/run', tmpdir(), '/tmp']
  const parent = parents.find((folder) => canWrite(folder) && runner.reaches(folder)) ?? tmpdir()
  const path = join(parent, `mc-${Bun.hash(root).toString(36)}`)
  return isFreeFor(runner.account, path) ? path : mkdtempSync(join(parent, 'mc-'))
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    // It is absent, read-only or another user's.
    return false
  }
}

/** False for a link or a folder that another user placed there: its owner would control the socket. */
function isFreeFor(account: Account, path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return true
  return found.isDirectory() && [process.getuid?.(), account.uid].includes(found.uid)
}
