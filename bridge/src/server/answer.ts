import type { ErrorBody } from '../../../src/contracts/errors.ts'

/** A larger body is not read: 200 of the largest messages need a tenth of it. */
const BODY_BYTES_MAX = 16 * 1024 * 1024
/** What a refusal says may end in a log and in a channel. */
const MESSAGE_CHARS_MAX = 300
const RETRY_AFTER_MS_MAX = 60 * 60_000
/** Answers that a later repeat may turn out otherwise, although they are in the range of refusals. */
const PASSING = [408, 425, 429]

/** What an answer means for the request. `away`: a later try may succeed. */
export type Outcome =
  | { kind: 'ok'; body: unknown }
  | { kind: 'key_refused'; reason: string }
  | { kind: 'refused'; status: number; code: string; reason: string }
  | Away

export interface Away {
  kind: 'away'
  reason: string
  /** Of the server; null when none of its answers came. */
  code: string | null
  retry_after_ms: number
}

/** Judges an answer that has come, and reads its body. Throws what reading throws. */
export async function outcomeOf(answer: Response, now: number): Promise<Outcome> {
  const { status } = answer
  if (status >= 300 && status < 400) return await redirected(answer)
  const text = await readText(answer)
  const body = parse(text)
  if (answer.ok) {
    if (status === 204) return { kind: 'ok', body: undefined }
    return body === undefined ? away(answer, now, null, 'an answer that is not JSON') : { kind: 'ok', body }
  }
  const error = errorOf(body)
  const reason = error ? `${status} ${error.code}: ${shortened(error.message)}` : `${status}`
  if (status === 401) return { kind: 'key_refused', reason }
  // A 404 without our body is a proxy whose server is not there yet.
  const passing = status >= 500 || PASSING.includes(status) || (status === 404 && !error)
  if (passing) return away(answer, now, error?.code ?? null, reason)
  const code = error?.code ?? 'UNKNOWN'
  return { kind: 'refused', status, code, reason: shortened(error?.message ?? 'no reason given') }
}

function away(answer: Response, now: number, code: string | null, reason: string): Away {
  const retry_after_ms = retryAfterMs(answer.headers.get('retry-after'), now)
  return { kind: 'away', reason, code, retry_after_ms }
}

async function redirected(answer: Response): Promise<Outcome> {
  await answer.body?.cancel()
  const to = answer.headers.get('location')
  const origin = to && URL.canParse(to, answer.url) ? new URL(to, answer.url).origin : 'another address'
  const reason = `it redirects to ${shortened(origin)}: use the address of the server itself`
  return { kind: 'refused', status: answer.status, code: 'REDIRECTED', reason }
}

/** Milliseconds that a `Retry-After` header asks for, at most an hour: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : 0
}

/** What can be said about an error of the runtime: its code or name. Its message may quote a header. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return code === '' ? error.name : code
}

async function readText(answer: Response): Promise<string> {
  if (!answer.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength
    if (bytes > BODY_BYTES_MAX) throw new TooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

class TooLarge extends Error {
  override name = 'the answer is larger than 16 MiB'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not one of our server's answers: the caller says so.
    return undefined
  }
}

function errorOf(body: unknown): { code: string; message: string } | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined
  const { error } = body as Partial<ErrorBody>
  return typeof error?.code === 'string' && typeof error.message === 'string' ? error : undefined
}

/** One line, bounded. */
function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > MESSAGE_CHARS_MAX ? `${line.slice(0, MESSAGE_CHARS_MAX)}…` : line
}
