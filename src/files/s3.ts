import { AwsClient } from 'aws4fetch'
import { checkKey, type ListedStorage, type StoredFile } from './storage.ts'

export interface BucketOptions {
  endpoint: string
  region: string
  bucket: string
  access_key_id: string
  secret_access_key: string
  /** Bytes of a part of an upload; S3 takes no smaller one than 5 MiB. */
  part_bytes?: number
  answer_ms?: number
}

const PART_BYTES = 8 * 1024 * 1024
/** An upload has 10,000 parts at the most: later ones are larger, so that it may have terabytes. */
const PARTS_OF_ONE_SIZE = 1_000
const TRIES = 4
/** A bucket that does not answer is away. */
const ANSWER_MS = 60_000
/** A list of S3 names 1,000 files at the most. */
const TEXT_BYTES_MAX = 8 * 1024 * 1024
/** Pages of one list. */
const PAGES_MAX = 10_000
/** A list that still names what was removed is asked for again so many times: some buckets are behind for a while. */
const STALE_LISTS_MAX = 10

/**
 * Files in an S3-compatible bucket, addressed by path. An upload in parts becomes a file by its last call, so a killed
 * process leaves parts and no file; removing the key ends such uploads.
 */
export class BucketStorage implements ListedStorage {
  readonly #client: AwsClient
  readonly #base: string
  readonly #part_bytes: number
  readonly #answer_ms: number

  constructor({
    endpoint,
    region,
    bucket,
    part_bytes = PART_BYTES,
    answer_ms = ANSWER_MS,
    ...keys
  }: BucketOptions) {
    this.#client = new AwsClient({
      accessKeyId: keys.access_key_id,
      secretAccessKey: keys.secret_access_key,
      region,
      service: 's3',
      retries: TRIES - 1,
    })
    this.#base = `${endpoint.replace(/\/+$/, '')}/${bucket}`
    this.#part_bytes = part_bytes
    this.#answer_ms = answer_ms
  }

  async write(key: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const started = await this.#ask('POST', `${checkKey(key)}?uploads`)
    const upload = `uploadId=${encodeURIComponent(tagged(started, 'UploadId') ?? missing('UploadId'))}`
    try {
      const etags: string[] = []
      for await (const part of this.#partsOf(content)) {
        signal?.throwIfAborted()
        const stored = await this.#call('PUT', `${key}?partNumber=${etags.length + 1}&${upload}`, part)
        await this.#textOf(stored)
        etags.push(stored.headers.get('etag') ?? missing('ETag'))
      }
      signal?.throwIfAborted()
      const parts = etags.map(
        (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
      )
      const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
      // The status is sent before the parts are joined: a failure stands in the body.
      const answer = await this.#ask('POST', `${key}?${upload}`, new TextEncoder().encode(list))
      if (answer.includes('<Error>'))
        throw new Error(`The bucket refused the upload: ${tagged(answer, 'Code') ?? ''}`)
    } catch (error) {
      await this.#remove(`${key}?${upload}`).catch(() => undefined)
      throw error
    }
  }

  async read(key: string): Promise<StoredFile | undefined> {
    const answer = await this.#call('GET', checkKey(key), undefined, [404])
    if (answer.status === 404 || !answer.body) {
      await answer.body?.cancel()
      return undefined
    }
    const length = answer.headers.get('content-length') ?? ''
    if (!/^\d{1,15}$/.test(length)) {
      await answer.body.cancel()
      return missing('Content-Length')
    }
    return { size_bytes: Number(length), body: answer.body }
  }

  async remove(key: string): Promise<void> {
    await this.#remove(checkKey(key))
    for (const upload of await this.#uploadsOf(key))
      await this.#remove(`${key}?uploadId=${encodeURIComponent(upload)}`)
  }

  async list(folder: string): Promise<string[]> {
    const keys: string[] = []
    const prefix = `${checkKey(folder)}/`
    let token: string | undefined
    let pages = 0
    do {
      if (pages++ === PAGES_MAX) throw new Error('The bucket lists files without end')
      const more = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`
      const list = await this.#ask('GET', `?list-type=2&prefix=${encodeURIComponent(prefix)}${more}`)
      for (const [found] of list.matchAll(/<Contents>.*?<\/Contents>/gs))
        keys.push(tagged(found, 'Key') ?? '')
      const next = tagged(list, 'IsTruncated') === 'true' ? tagged(list, 'NextContinuationToken') : undefined
      if (next !== undefined && next === token) throw new Error('The bucket lists files without end')
      token = next
    } while (token !== undefined)
    return keys.filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'))
  }

  async removeBelow(folder: string): Promise<void> {
    const prefix = `${checkKey(folder)}/`
    // What was removed is not listed any more: the first page, until it is empty.
    let before: string[] = []
    for (let stale = 0; ; ) {
      const list = await this.#ask('GET', `?list-type=2&prefix=${encodeURIComponent(prefix)}`)
      const keys = [...list.matchAll(/<Key>([^<]*)<\/Key>/g)]
        .map(([, key = '']) => unescaped(key))
        // Files of others are not removed, whatever a list says.
        .filter((key) => key.startsWith(prefix))
      if (keys.length === 0) break
      if (keys.every((key) => before.includes(key)) && ++stale > STALE_LISTS_MAX)
        throw new Error('The bucket lists files that were removed')
      before = keys
      for (const key of keys) await this.#remove(checkKey(key))
    }
    for (const [key, upload] of await this.#uploads(prefix))
      await this.#remove(`${checkKey(key)}?uploadId=${encodeURIComponent(upload)}`)
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
    const list = await this.#textOf(answer)
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

  /** What is not there is removed. */
  async #remove(place: string): Promise<void> {
    await this.#textOf(await this.#call('DELETE', place, undefined, [404]))
  }

  /** The text of a good answer. */
  async #ask(method: string, place: string, body?: Uint8Array<ArrayBuffer>): Promise<string> {
    return await this.#textOf(await this.#call(method, place, body))
  }

  /**
   * Throws unless the answer is good or one of `allowed`; its head has to come in time, its body is the caller's. Redirects
   * are not followed: they would lead the server elsewhere. The message names the status, never a key.
   */
  async #call(
    method: string,
    place: string,
    body?: Uint8Array<ArrayBuffer>,
    allowed: number[] = [],
  ): Promise<Response> {
    const url = place.startsWith('?') ? `${this.#base}${place}` : `${this.#base}/${place}`
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(away()), this.#answer_ms)
    try {
      const answer = await this.#client.fetch(url, {
        method,
        redirect: 'manual',
        signal: late.signal,
        ...(body === undefined ? {} : { body }),
      })
      if (answer.ok || allowed.includes(answer.status)) return answer
      const code = tagged(await this.#textOf(answer), 'Code') ?? ''
      throw new Error(`The bucket answered ${method} with ${answer.status} ${code}`.trim())
    } finally {
      clearTimeout(timer)
    }
  }

  /** The text of an answer, bounded in bytes and in time. */
  async #textOf({ body }: Response): Promise<string> {
    if (!body) return ''
    const reader = body.getReader()
    const chunks: Uint8Array[] = []
    let bytes = 0
    let late = false
    const timer = setTimeout(() => {
      late = true
      // It then ends like a whole one.
      void reader.cancel().catch(() => undefined)
    }, this.#answer_ms)
    try {
      for (;;) {
        const { value, done } = await reader.read()
        if (late) throw away()
        if (done) return Buffer.concat(chunks).toString('utf8')
        bytes += value.length
        if (bytes > TEXT_BYTES_MAX) throw new Error('The bucket answered more than a list can have')
        chunks.push(value)
      }
    } finally {
      clearTimeout(timer)
      await reader.cancel().catch(() => undefined)
    }
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

const away = () => new Error('The bucket does not answer in time')

function missing(what: string): never {
  throw new Error(`The bucket gave no ${what}`)
}
