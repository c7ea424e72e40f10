import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { bytesOf, type FileStorage } from '../files/storage.ts'

/** Compressed JSON Lines in a storage. */
export interface ArchiveFiles {
  /** Stores lines under a name, whole or not at all, and durably. */
  write(name: string, lines: AsyncIterable<string>): Promise<{ size_bytes: number; sha256: string }>
  /** The lines of a file. Throws when it is not there or its sum is another, before the first line. */
  read(name: string, sha256: string): Promise<AsyncIterable<string>>
  /** Removes all files of an org. */
  removeOrg(org_id: string): Promise<void>
}

export function archiveFiles(storage: FileStorage): ArchiveFiles {
  async function open(name: string): Promise<Readable> {
    const file = await storage.read(name)
    if (!file) throw new Error(`${name} is not in the archive.`)
    return Readable.from(bytesOf(file))
  }
  return {
    async write(name, lines) {
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
        (chunks: AsyncIterable<Buffer>) => storage.write(name, chunks),
      )
      return { size_bytes, sha256: hash.digest('hex') }
    },
    async read(name, sha256) {
      const hash = createHash('sha256')
      for await (const chunk of await open(name)) hash.update(chunk as Buffer)
      if (hash.digest('hex') !== sha256) throw new Error(`${name} was changed: its SHA-256 is another.`)
      const [file, lines] = [await open(name), createGunzip()]
      file.on('error', (error) => lines.destroy(error))
      return createInterface({ input: file.pipe(lines), crlfDelay: Infinity })
    },
    removeOrg: (org_id) => storage.removeBelow(org_id),
  }
}

async function* inLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}
