import { AwsClient } from 'aws4fetch'
import { checkKey, type FileStorage, type StoredFile } from './storage.ts'

export interface BucketOptions {
  endpoint: string
  region: string
  bucket: string
  access_key_id: string
  secret_access_key: string
  /** Bytes of a part of an upload; S3 takes no smaller one than 5 MiB. */
  part_bytes?: number
}

const PART_BYTES = 8 * 1024 * 1024
/** An upload has 10,000 parts at the most: later ones are larger, so that it may have terabytes. */
const PARTS_OF_ONE_SIZE = 1_000
const TRIES = 4
/** A bucket that does not answer is away. */
const ANSWER_MS = 60_000

/**
 * Files in an S3-compatible bucket, addressed by path. An upload in parts becomes a file by its last call, so a killed
 * process leaves parts and no file; removing the key ends such uploads.
 */
export class BucketStorage implements FileStorage {
  readonly #client: AwsClient
  readonly #base: string
  readonly #part_bytes: number

  constructor({ endpoint, region, bucket, part_bytes = PART_BYTES, ...keys }: BucketOptions) {
    this.#client = new AwsClient({
      accessKeyId: keys.access_key_id,
      secretAccessKey: keys.secret_access_key,
      region,
      service: 's3',
      retries: TRIES - 1,
    })
    this.#base = `${endpoint.replace(/\/+$/, '')}/${bucket}`
    this.#part_bytes = part_bytes
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const started = await this.#call('POST', `${checkKey(key)}?uploads`)
    const upload = `uploadId=${encodeURIComponent(tagged(await started.text(), 'UploadId') ?? missing('UploadId'))}`
    try {
      const etags: string[] = []
      for await (const part of this.#partsOf(content)) {
        signal?.throwIfAborted()
        const stored = await this.#call('PUT', `${key}?partNumber=${etags.length + 1}&${upload}`, part)
        await stored.arrayBuffer()
        etags.push(stored.headers.get('etag') ?? missing('ETag'))
      }
      signal?.throwIfAborted()
      const parts = etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
      )
      const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
      const done = await this.#call('POST', `${key}?${upload}`, new TextEncoder().encode(list))
      // The status is sent before the parts are joined: a failure stands in the body.
      const answer = await done.text()
      if (answer.includes('<Error>'))
        throw new Error(`The bucket refused the upload: ${tagged(answer, 'Code') ?? ''}`)
    } catch (error) {
      await this.#call('DELETE', `${key}?${upload}`).catch(() => undefined)
      throw error
    }
  }

  async read(key: string): Promise<StoredFile | undefined> {
    const answer = await this.#call('GET', checkKey(key), undefined, [404])
    if (answer.status === 404 || !answer.body) {
      await answer.body?.cancel()
      return undefined
    }
    return {
      size_bytes: Number(answer.headers.get('content-length') ?? missing('Content-Length')),
      body: answer.body,
    }
  }

  async remove(key: string): Promise<void> {
    await this.#call('DELETE', checkKey(key), undefined, [404])
    for (const upload of await this.#uploadsOf(key))
      await this.#call('DELETE', `${key}?uploadId=${encodeURIComponent(upload)}`, undefined, [404])
  }

  async removeBelow(folder: string): Promise<void> {
    const prefix = encodeURIComponent(`${checkKey(folder)}/`)
    // What was removed is not listed any more: the first page, until it is empty.
    for (;;) {
      const answer = await this.#call('GET', `?list-type=2&prefix=${prefix}`)
      const keys = [...(await answer.text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) =>
        unescaped(key),
      )
      if (keys.length === 0) break
      for (const key of keys) await this.#call('DELETE', checkKey(key), undefined, [404])
    }
    for (const [key, upload] of await this.#uploads(`${folder}/`))
      await this.#call('DELETE', `${checkKey(key)}?uploadId=${encodeURIComponent(upload)}`, undefined, [404])
  }

  async #uploadsOf(key: string): Promise<string[]> {
    return (await this.#uploads(key)).flatMap(([of, upload]) => (of === key ? upload : []))
  }

  /** Uploads that were never finished. A server without this list has to expire them by a rule of its own. */
  async #uploads(prefix: string): Promise<[key: string, upload: string][]> {
    const answer = await this.#call(
      'GET',
      `?uploads&prefix=${encodeURIComponent(prefix)}`,
      undefined,
      [400, 403, 404, 405, 501],
    )
    const list = await answer.text()
    if (!answer.ok) return []
    return [...list.matchAll(/<Upload>.*?<\/Upload>/gs)].flatMap(([upload]) => {
      const [key, id] = [tagged(upload, 'Key'), tagged(upload, 'UploadId')]
      return key?.startsWith(prefix) && id !== undefined ? [[key, id] as [string, string]] : []
    })
  }

  async *#partsOf(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array<ArrayBuffer>> {
    let chunks: Uint8Array[] = []
    let bytes = 0
    let count = 0
    for await (const chunk of content) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < this.#part_bytes * (1 + Math.floor(count / PARTS_OF_ONE_SIZE))) continue
      yield joined(chunks, bytes)
      count++
      chunks = []
      bytes = 0
    }
    // At least one part, also for an empty file.
    if (bytes > 0 || count === 0) yield joined(chunks, bytes)
  }

  /** Throws unless the answer is good or one of `allowed`. The message names the status, never a key. */
  async #call(
    method: string,
    place: string,
    body?: Uint8Array<ArrayBuffer>,
    allowed: number[] = [],
  ): Promise<Response> {
    const url = place.startsWith('?') ? `${this.#base}${place}` : `${this.#base}/${place}`
    const signal = AbortSignal.timeout(ANSWER_MS)
    const answer = await this.#client.fetch(url, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(method === 'GET' ? {} : { signal }),
    })
    if (answer.ok || allowed.includes(answer.status)) return answer
    const code = tagged(await answer.text(), 'Code') ?? ''
    throw new Error(`The bucket answered ${method} with ${answer.status} ${code}`.trim())
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

/** Text of the first element of this name. The answers of S3 have no attributes there. */
function tagged(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return found === undefined ? undefined : unescaped(found)
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function missing(what: string): never {
  throw new Error(`The bucket gave no ${what}`)
}
