import type { FileStorage, ListedStorage, StoredFile } from './storage.ts'

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

  #of(key: string): [FileStorage, string] {
    for (const { below, storage, folder } of this.#places)
      if (key.startsWith(`${below}/`)) {
        const rest = key.slice(below.length + 1)
        return [storage, folder === '' ? rest : `${folder}/${rest}`]
      }
    return [this.#rest, key]
  }
}

/** A storage below a folder of another one. */
export class Below implements ListedStorage {
  readonly #storage: ListedStorage
  readonly #folder: string

  constructor(storage: ListedStorage, folder: string) {
    this.#storage = storage
    this.#folder = folder
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    await this.#storage.write(this.#of(key), content, signal)
  }

  async read(key: string): Promise<StoredFile | undefined> {
    return await this.#storage.read(this.#of(key))
  }

  async remove(key: string): Promise<void> {
    await this.#storage.remove(this.#of(key))
  }

  async list(folder: string): Promise<string[]> {
    return (await this.#storage.list(this.#of(folder))).map((key) => key.slice(this.#folder.length + 1))
  }

  #of(key: string): string {
    return `${this.#folder}/${key}`
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
}

/** Its message may be shown to administrators. */
export class StorageMissing extends Error {}
