import { ApiError, invalid } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import { withoutBlankEnds } from '../text/visible.ts'

/** A field name may be as long as a body: a refusal shows the beginning of its path. */
const PATH_MAX = 200

/** A body arrives within this time: a trickle would hold a request and its memory for as long as its sender likes. */
const BODY_MS = 30_000

/** The body did not arrive in time: the answer also ends the connection, whose remaining bytes are no next request. */
export class SlowBody extends ApiError {
  constructor() {
    super('VALIDATION_FAILED', `The body did not arrive within ${BODY_MS / 1000} s.`)
  }
}

/** The client closed the connection, or sent its next request before the answer: nobody reads an answer any more. */
export class HungUp extends Error {}

/** Fields whose white space belongs to the value. */
const UNTRIMMED = new Set(['password', 'token'])
/** Texts of several lines keep their indentation and the spaces at the ends of lines. */
const MULTILINE = new Set(['content', 'description', 'comment'])

const JSON_TYPE = /^application\/json\s*(;|$)/i

/**
 * Reads a JSON body: bounded, UTF-8, not too deep; strings trimmed, texts of several lines of blank lines at their ends
 * only. An absent body is undefined. Throws 413, 415, 400, and `HungUp`.
 */
export async function readJson(
  request: Request,
  { body_ms = BODY_MS, type: taken = JSON_TYPE }: { body_ms?: number; type?: RegExp } = {},
): Promise<unknown> {
  const type = request.headers.get('content-type')
  const length = Number(request.headers.get('content-length') ?? Number.NaN)
  if (length > LIMITS.body_bytes_max) throw tooLarge()
  if (request.body === null || length === 0) return undefined
  if (type !== null && !taken.test(type)) throw unsupported()
  const bytes = await inTime(readBounded(request), body_ms).catch((error: unknown) => {
    throw request.signal.aborted ? new HungUp() : error
  })
  if (bytes.length === 0) return undefined
  if (type === null) throw unsupported()
  return clean(parse(bytes))
}

const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i

/** Reads a form as an object of its texts, with the bounds of {@link readJson}; any other body as JSON. */
export async function readForm(request: Request, body_ms = BODY_MS): Promise<unknown> {
  const type = request.headers.get('content-type') ?? ''
  if (!FORM.test(type)) return await readJson(request, { body_ms })
  if (Number(request.headers.get('content-length') ?? Number.NaN) > LIMITS.body_bytes_max) throw tooLarge()
  const bytes = await inTime(readBounded(request), body_ms).catch((error: unknown) => {
    throw request.signal.aborted ? new HungUp() : error
  })
  const form = await new Response(new Uint8Array(bytes), { headers: { 'Content-Type': type } })
    .formData()
    .catch(() => {
      throw invalid({ path: '', message: 'Is not a form.' })
    })
  return clean(Object.fromEntries([...form].filter(([, value]) => typeof value === 'string')))
}

/** Parses the text of a frame or a body. */
export function parseJson(text: string): unknown {
  return clean(parseText(text))
}

async function inTime<T>(work: Promise<T>, limit_ms: number): Promise<T> {
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SlowBody()), limit_ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Throws `HungUp` when the connection is closed. One turn of the event loop shows a pipelined second request: the runtime
 * answers one request at a time and closes a connection with a second one, so the first one must not have an effect.
 */
export async function checkConnected(request: Request): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
  if (request.signal.aborted) throw new HungUp()
}

async function readBounded(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null) return new Uint8Array(await request.arrayBuffer())
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > LIMITS.body_bytes_max) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Uint8Array): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ApiError('INVALID_JSON', 'The body is not UTF-8.')
  }
  return parseText(text)
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('INVALID_JSON', 'The body is not JSON.')
  }
}

/** Place of a value in its body; written out only for a refusal. */
interface Place {
  within: Place | undefined
  key: string | number
}

/**
 * Trims strings, and refuses NUL, lone surrogates and excessive depth, which the database or a browser cannot hold.
 * Objects are changed in place: nobody else has them yet.
 */
function clean(value: unknown, within?: Place, key: string | number = '', depth = 1): unknown {
  if (typeof value === 'string') {
    const text = checkText(value, within, key)
    return MULTILINE.has(String(key)) ? withoutBlankEnds(text) : text.trim()
  }
  if (typeof value !== 'object' || value === null) return value
  const here = depth === 1 ? undefined : { within, key }
  if (depth > LIMITS.json_depth_max)
    throw invalid({ path: pathOf(here), message: `Nested deeper than ${LIMITS.json_depth_max} levels.` })
  if (Array.isArray(value)) return value.map((item, i) => clean(item, here, i, depth + 1))
  const fields = value as Record<string, unknown>
  for (const name of Object.keys(fields)) {
    checkText(name, here, '')
    const item = fields[name]
    const kept =
      UNTRIMMED.has(name) && typeof item === 'string'
        ? checkText(item, here, name)
        : clean(item, here, name, depth + 1)
    // Not by assignment: a field may be called __proto__.
    if (kept !== item) Object.defineProperty(fields, name, { value: kept })
  }
  return fields
}

function checkText(text: string, within: Place | undefined, key: string | number): string {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalid({
      path: pathOf({ within, key }),
      message: 'Contains a NUL character or half of a surrogate pair.',
    })
  return text
}

function pathOf(place: Place | undefined): string {
  const keys: (string | number)[] = []
  for (let at = place; at; at = at.within) if (at.key !== '') keys.unshift(at.key)
  return keys
    .map((key) => `/${key}`)
    .join('')
    .slice(0, PATH_MAX)
}

function tooLarge(): ApiError {
  return new ApiError('PAYLOAD_TOO_LARGE', `A body may have ${LIMITS.body_bytes_max} bytes at the most.`)
}

function unsupported(): ApiError {
  return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'Send JSON: Content-Type: application/json.')
}
