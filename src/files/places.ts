import type { FileStorage, StoredFile } from './storage.ts'

/** A storage for the keys below a folder: by which it is found, and by which the keys are there. */
export interface Place {
  below: string
  storage: FileStorage
  /** Folder inside the storage; the root when it is empty. */
  folder: string
}

/** Several storages as one: a key belongs to the place below which it is, every other one to the rest. */
export class Places implements FileStorage {
  readonly #places: readonly Place[]
  readonly #rest: FileStorage

  constructor(places: readonly Place[], rest: FileStorage) {
    this.#places = places
    this.#rest = rest
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const [storage, own] = this.#of(key)
    await storage.write(own, content, signal)
  }

  async read(key: string): Promise<StoredFile | undefined> {
    const [storage, own] = this.#of(key)
    return await storage.read(own)
  }

  async remove(key: string): Promise<void> {
    const [storage, own] = this.#of(key)
    await storage.remove(own)
  }

  async removeBelow(folder: string): Promise<void> {
    const [storage, own] = this.#of(folder)
    await storage.removeBelow(own)
  }

  #of(key: string): [FileStorage, string] {
    for (const { below, storage, folder } of this.#places)
      if (key.startsWith(`${below}/`)) {
        const rest = key.slice(below.length + 1)
        return [storage, folder === '' ? rest : `${folder}/${rest}`]
      }
    return [this.#rest, key]
  }
}

/** The keys of a storage below a folder as a storage of their own. */
export function below(storage: FileStorage, folder: string): FileStorage {
  return {
    write: (key, content, signal) => storage.write(`${folder}/${key}`, content, signal),
    read: (key) => storage.read(`${folder}/${key}`),
    remove: (key) => storage.remove(`${folder}/${key}`),
    removeBelow: (of) => storage.removeBelow(`${folder}/${of}`),
  }
}

/** A storage that the server was not given: nothing can be written, and nothing is there. */
export class MissingStorage implements FileStorage {
  readonly #problem: string

  /** `problem`: one sentence for whoever wants to write. */
  constructor(problem: string) {
    this.#problem = problem
  }

  write(): Promise<void> {
    return Promise.reject(new StorageMissing(this.#problem))
  }

  read(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  remove(): Promise<void> {
    return Promise.resolve()
  }

  removeBelow(): Promise<void> {
    return Promise.resolve()
  }
}

/** Its message may be shown to administrators. */
export class StorageMissing extends Error {}
