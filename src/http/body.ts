import { ApiError, invalid } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'

/** A name may be as long as a body: a refusal shows its beginning. */
const PATH_MAX = 200

/** Fields whose white space belongs to the value. */
const UNTRIMMED = new Set(['password', 'token'])

/**
 * Reads a JSON body: bounded, UTF-8, not too deep, strings trimmed. Throws 413, 415, 400. An absent body is undefined.
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get('content-type')
  const length = Number(request.headers.get('content-length') ?? Number.NaN)
  if (length > LIMITS.body_bytes_max) throw tooLarge()
  if (request.body === null || length === 0) return undefined
  if (type !== null && !/^application\/json\s*(;|$)/i.test(type)) throw unsupported()
  const bytes = await readBounded(request)
  if (bytes.length === 0) return undefined
  if (type === null) throw unsupported()
  return clean(parse(bytes), '', 1)
}

/** Reads a frame's or a body's text. */
export function parseJson(text: string): unknown {
  return clean(parseText(text), '', 1)
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

/** Trims strings, and refuses what the database or a browser could not hold: NUL, half surrogates, endless depth. */
function clean(value: unknown, path: string, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value, path)
  if (typeof value !== 'object' || value === null) return value
  if (depth > LIMITS.json_depth_max)
    throw invalid({
      path: path.slice(0, PATH_MAX),
      message: `Nested deeper than ${LIMITS.json_depth_max} levels.`,
    })
  if (Array.isArray(value)) return value.map((item, i) => clean(item, `${path}/${i}`, depth + 1))
  const cleaned: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const at = `${path}/${key}`
    cleanText(key, path)
    const kept =
      UNTRIMMED.has(key) && typeof item === 'string' ? checkText(item, at) : clean(item, at, depth + 1)
    Object.defineProperty(cleaned, key, { value: kept, enumerable: true, writable: true, configurable: true })
  }
  return cleaned
}

function cleanText(text: string, path: string): string {
  return checkText(text, path).trim()
}

function checkText(text: string, path: string): string {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalid({
      path: path.slice(0, PATH_MAX),
      message: 'Contains a NUL character or half of a surrogate pair.',
    })
  return text
}

function tooLarge(): ApiError {
  return new ApiError('PAYLOAD_TOO_LARGE', `A body may have ${LIMITS.body_bytes_max} bytes at the most.`)
}

function unsupported(): ApiError {
  return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'Send JSON: Content-Type: application/json.')
}
