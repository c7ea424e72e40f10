import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checkKey, type ListedStorage, type StoredFile } from './storage.ts'

/** Ending of a file that is not whole. */
const PART = '.part'

/** Files in a folder, readable by this user only. A file has its name once it is whole and on the disk. */
export class FolderStorage implements ListedStorage {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeInto(dirname(path), basename(path), content, signal)
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

  async list(folder: string): Promise<string[]> {
    const entries = await readdir(this.#path(folder), { withFileTypes: true }).catch(unlessMissing)
    return (entries ?? [])
      .filter((entry) => entry.isFile() && !entry.name.endsWith(PART))
      .map(({ name }) => `${folder}/${name}`)
  }

  async removeBelow(folder: string): Promise<void> {
    await rm(this.#path(folder), { recursive: true, force: true })
  }

  #path(key: string): string {
    return join(this.#root, ...checkKey(key).split('/'))
  }
}

/** Writes a file beside its place and renames it, so that it is whole or absent. */
export async function writeInto(
  folder: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const path = join(folder, name)
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
    await syncFolder(folder)
  } catch (error) {
    await rm(path + PART, { force: true })
    throw error
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
