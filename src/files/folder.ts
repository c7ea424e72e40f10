import { mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkKey, type FileStorage, type StoredFile } from './storage.ts'

/** Ending of a file that is not whole. */
const PART = '.part'

/** Files in a folder, readable by this user only. A file has its name once it is whole and on the disk. */
export class FolderStorage implements FileStorage {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      const file = await open(path + PART, 'w', 0o600)
      try {
        for await (const chunk of content) {
          signal?.throwIfAborted()
          await file.writeFile(chunk)
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(path + PART, path)
      await syncFolder(dirname(path))
    } catch (error) {
      await rm(path + PART, { force: true })
      throw error
    }
  }

  async read(key: string): Promise<StoredFile | undefined> {
    const path = this.#path(key)
    const found = await stat(path).catch(unlessMissing)
    if (!found?.isFile()) return undefined
    return { size_bytes: found.size, body: Bun.file(path) }
  }

  async remove(key: string): Promise<void> {
    const path = this.#path(key)
    for (const file of [path, path + PART]) await rm(file, { force: true })
    // The folder of the org goes with its last file; a file that another process writes there keeps it.
    await rmdir(dirname(path)).catch(() => undefined)
  }

  async removeBelow(folder: string): Promise<void> {
    await rm(this.#path(folder), { recursive: true, force: true })
  }

  #path(key: string): string {
    return join(this.#root, ...checkKey(key).split('/'))
  }
}

/** The name is on the disk too. Not every file system knows how to sync a folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return undefined
  throw error
}
