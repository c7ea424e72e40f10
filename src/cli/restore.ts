import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { rowsIn } from '../backup/backups.ts'
import type { BackupReader } from '../backup/read-backup.ts'
import { readHeader } from '../backup/read-backup.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { lackingSecrets, putSecret } from '../backup/secrets.ts'
import { type Config, loadConfig } from '../config.ts'
import type { BackupHeader } from '../contracts/backup-manifest.ts'
import { openForRestore, openScratch } from '../db/backup/connect.ts'
import { BadExport } from '../domain/bad-export.ts'
import { bytesOf, type FileStorage } from '../files/storage.ts'
import { archiveStorage } from '../serve/exports.ts'

type Env = Record<string, string | undefined>

/** PostgreSQL takes a tenth of a second to end at once, and five seconds at the most. */
const [REMOVALS_MAX, REMOVAL_PAUSE_MS] = [100, 60]

/** `restore`: makes an empty installation what the backup holds, or says whether it could. Returns the exit code. */
export async function restore(env: Env, { file, check }: { file: string; check: boolean }): Promise<number> {
  const path = resolve(file)
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    console.error(`There is no file ${path}.`)
    return 1
  }
  const { config } = loadConfig(env)
  const data_dir = resolve(config.data_dir)
  const open = () => createReadStream(path)
  if (check) return (await checkInScratch(open, data_dir)) ? 0 : 1
  const files = new RestoredFiles(archiveStorage(config, data_dir))
  try {
    // Before a database is made for it.
    await readHeader(open())
    const opened = await openForRestore(config, data_dir)
    try {
      const { header, sums } = await restoreBackup(opened.at, { open, logs: 'new', file: files.take })
      for (const [name, text] of files.secrets) putSecret(data_dir, name, text)
      console.log(
        `Restored ${rowsIn(sums)} rows of ${sums.tables.length} tables, as of ${header.created_at}.`,
      )
      advise(header, config, data_dir)
      return 0
    } finally {
      await opened.stop()
    }
  } catch (error) {
    await files.undo()
    if (!(error instanceof BadExport)) throw error
    console.error(`Nothing was restored. ${error.message}`)
    return 1
  }
}

/** Restores a backup into a PostgreSQL that is thrown away: proof that it can be restored. True when it can. */
export async function checkInScratch(
  open: () => AsyncIterable<Uint8Array>,
  data_dir: string,
): Promise<boolean> {
  // In the data folder if there is one: it is writable, and has room for more than a folder for temporary files.
  const folder = mkdtempSync(join(existsSync(data_dir) ? data_dir : tmpdir(), 'check-'))
  const removeAtExit = () => removeWhileInUse(folder)
  process.on('exit', removeAtExit)
  try {
    await readHeader(open())
    const scratch = await openScratch(folder)
    try {
      const { header, sums } = await restoreBackup(scratch.at, { open, logs: 'new', file: passOver })
      console.log(
        `The backup of ${header.created_at} is sound: ${rowsIn(sums)} rows of ${sums.tables.length} tables were restored into an empty database, which was removed again.`,
      )
      return true
    } finally {
      await scratch.stop()
    }
  } catch (error) {
    if (!(error instanceof BadExport)) throw error
    console.error(`The backup cannot be restored. ${error.message}`)
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
    process.off('exit', removeAtExit)
  }
}

/** A signal ends this process: the PostgreSQL of the folder is told to end by then, and may write for a moment more. */
function removeWhileInUse(folder: string): void {
  for (let tries = 0; tries < REMOVALS_MAX; tries++) {
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // A file was made meanwhile: the next try removes it.
    }
    if (!existsSync(folder)) return
    // Nothing but waiting in place is possible while a process exits.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVAL_PAUSE_MS)
  }
}

const passOver: BackupReader['file'] = async (_kind, _name, content) => {
  for await (const _ of content);
}

/** Files of a backup on their way to their places. */
class RestoredFiles {
  readonly secrets = new Map<string, string>()
  readonly #archive: FileStorage
  readonly #written: string[] = []

  constructor(archive: FileStorage) {
    this.#archive = archive
  }

  readonly take: BackupReader['file'] = async (kind, name, content) => {
    if (kind === 'secrets') {
      this.secrets.set(name, await new Response(streamOf(content)).text())
      return
    }
    const found = await this.#archive.read(name)
    if (!found) {
      this.#written.push(name)
      await this.#archive.write(name, content)
      return
    }
    if ((await sumOf(bytesOf(found))) !== (await sumOf(content)))
      throw new BadExport(`The file ${name} is in the archive already, with another content.`)
  }

  async undo(): Promise<void> {
    for (const name of this.#written) await this.#archive.remove(name)
  }
}

async function sumOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}

function streamOf(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

function advise({ secrets, created_at }: BackupHeader, config: Config, data_dir: string): void {
  const lacking = lackingSecrets(secrets, config, data_dir)
  for (const { name, place } of lacking)
    console.error(
      `${name} of the backup (${place}) is not here. ${
        name === 'MC_KEY_PEPPER'
          ? 'Put it in place before the first start: otherwise second factors are void, and links in mails lead nowhere.'
          : 'Links that it signed lead nowhere.'
      }`,
    )
  console.log(
    `Everybody signs in again, and every client loads anew. What was revoked after ${created_at} works again: revoke such keys once more, and remove such members.`,
  )
}
