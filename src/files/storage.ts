/**
 * A stored file that is being read, as the body of a response. Its bytes are read as they are asked for. A `Blob` is sent
 * with its length; of a stream the runtime sends none, whatever the headers say.
 */
export interface StoredFile {
  size_bytes: number
  body: ReadableStream<Uint8Array> | Blob
}

/**
 * Where files of the server lie: a folder or a bucket. A key is a path of plain names. The contract:
 * - `write` stores the whole of `content`, or throws and leaves nothing under the key;
 * - `read` finds whole files only, and `undefined` for a key without one;
 * - `remove` also removes what a killed process left of a write, and may be repeated;
 * - `removeBelow` does so for every key below a folder.
 */
export interface FileStorage {
  write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
  read(key: string): Promise<StoredFile | undefined>
  remove(key: string): Promise<void>
  removeBelow(folder: string): Promise<void>
}

const KEY = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/

/** Throws for a key that would mean another place. */
export function checkKey(key: string): string {
  if (key.length > 500 || !KEY.test(key)) throw new Error(`Not a key of the storage: ${key.slice(0, 100)}`)
  return key
}
