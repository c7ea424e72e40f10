import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

/** Compressed JSON Lines in a folder. */
export interface ArchiveFiles {
  /** Stores lines under a name, whole or not at all, and durably. */
  write(name: string, lines: AsyncIterable<string>): Promise<{ size_bytes: number; sha256: string }>
  /** The lines of a file. Throws when its sum is another, before the first line. */
  read(name: string, sha256: string): Promise<AsyncIterable<string>>
  /** Removes all files of an org. */
  removeOrg(org_id: string): Promise<void>
}

export function archiveFolder(folder: string): ArchiveFiles {
  return {
    async write(name, lines) {
      const path = join(folder, name)
      const unfinished = `${path}.unfinished`
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const hash = createHash('sha256')
      let size_bytes = 0
      await pipeline(
        Readable.from(inLines(lines)),
        createGzip(),
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk)
            size_bytes += chunk.length
            yield chunk
          }
        },
        createWriteStream(unfinished, { mode: 0o600 }),
      )
      await synced(unfinished)
      await rename(unfinished, path)
      await synced(dirname(path))
      return { size_bytes, sha256: hash.digest('hex') }
    },
    async read(name, sha256) {
      const path = join(folder, name)
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
      if (hash.digest('hex') !== sha256) throw new Error(`${path} was changed: its SHA-256 is another.`)
      return createInterface({ input: createReadStream(path).pipe(createGunzip()), crlfDelay: Infinity })
    },
    async removeOrg(org_id) {
      await rm(join(folder, org_id), { recursive: true, force: true })
    },
  }
}

async function* inLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

/** On the disk, not only in the cache of the system: the rows are removed from the database afterwards. */
async function synced(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
