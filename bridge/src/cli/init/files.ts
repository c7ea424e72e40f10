import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../proof/network.ts'
import { Trouble } from '../../proof/step.ts'
import type { Dialog } from './dialog.ts'

/** A file as it should be. */
export interface PlannedFile {
  path: string
  text: string
  /** Holds secrets: nobody else may read it. */
  secret: boolean
}

/** A file is there, and nobody said that it may be changed. */
export class FileKept extends Error {
  override name = 'FileKept'
}

/** The text of a file; undefined when there is none. Throws `Trouble`. */
export function textOfFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Trouble(`${path} cannot be read (${codeOf(error)}).`, null, error)
  }
}

/**
 * Writes what differs, each file by a rename, so that nobody ever reads half of one. What is there is changed only with
 * `force` or by a person's yes: `FileKept` is thrown before anything is written. Throws `Trouble` where it cannot be written.
 */
export async function writeFiles(
  dialog: Dialog,
  files: readonly PlannedFile[],
  force: boolean,
): Promise<void> {
  const planned = files.map((file) => ({ ...file, before: textOfFile(file.path) }))
  for (const { path, text, before } of planned) {
    if (before === undefined || before === text || force) continue
    if (!(await dialog.confirm(`Change ${path}?`, true)))
      throw new FileKept(
        `${path} is there already and stays as it is. To change it, run mc-bridge init in a terminal; to begin anew and replace it: mc-bridge init --force`,
      )
  }
  for (const { before, ...file } of planned) {
    if (before !== file.text) write(file)
    else if (file.secret) close(file.path)
    const how = before === undefined ? 'written' : before === file.text ? 'is as it should be' : 'changed'
    dialog.ok(`${file.path} ${how}${file.secret ? '; only you can read it' : ''}.`)
  }
}

function write({ path, text, secret }: PlannedFile): void {
  const next = `${path}.new`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(next, text, { mode: secret ? 0o600 : 0o644 })
    // The mode of `writeFileSync` counts for new files only.
    if (secret) close(next)
    renameSync(next, path)
  } catch (error) {
    throw new Trouble(
      `${path} cannot be written (${codeOf(error)}).`,
      'Choose another place: --config PATH',
      error,
    )
  }
}

const close = (path: string) => chmodSync(path, 0o600)
