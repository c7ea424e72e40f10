import { ERROR_STATUS } from '../../src/contracts/errors.ts'

/** An answer as it came, and how long it took. */
export interface RawAnswer {
  status: number
  text: string
  headers: Headers
  ms: number
}

export interface RawRequest {
  method: string
  headers?: Record<string, string>
  /** As it goes over the wire. */
  body?: string | Uint8Array<ArrayBuffer> | ReadableStream | undefined
}

/** No answer may take longer: a request that hangs is a defect, whatever it holds. */
export const ANSWER_MS_MAX = 5_000

/** Sends a request that may be nonsense; a stream is closed as soon as it answers. Throws when nothing comes in time. */
export async function sendRaw(url: string, { method, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new Error(`no answer in ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX)
  const started_at = performance.now()
  try {
    const answer = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: stop.signal,
      ...(body === undefined ? {} : { body }),
    })
    const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    const text = streams ? '' : await answer.text()
    return { status: answer.status, text, headers: answer.headers, ms: performance.now() - started_at }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

/** The problems of a 400 `VALIDATION_FAILED`, or nothing. */
export function problemsOf({ status, text }: RawAnswer): { path: string; message: string }[] {
  if (status !== 400) return []
  const { error } = JSON.parse(text) as {
    error: { code: string; details?: { path: string; message: string }[] }
  }
  return error.code === 'VALIDATION_FAILED' ? (error.details ?? []) : []
}

/** The defect of an error answer; undefined for a correct error and for success. */
export function shapeProblem(answer: RawAnswer): string | undefined {
  const { status, text, headers } = answer
  if (status >= 500) return `it is ${status}: ${text.slice(0, 300)}`
  if (!/^[0-9a-f-]{36}$/.test(headers.get('x-request-id') ?? '') && !isPage(headers))
    return 'it has no request id'
  if (status < 400) return undefined
  let body: { error?: { code?: unknown; message?: unknown; status?: unknown } } | null
  try {
    body = JSON.parse(text)
  } catch {
    return `it is ${status} and not JSON: ${text.slice(0, 100)}`
  }
  const { code, message, status: said } = body?.error ?? {}
  if (typeof code !== 'string' || ERROR_STATUS[code as keyof typeof ERROR_STATUS] !== status)
    return `it is ${status} with the code ${String(code)}`
  if (typeof message !== 'string' || message === '' || said !== status)
    return 'its error is not in the one shape'
  if (text.length > 16_000) return `its refusal has ${text.length} characters`
  return undefined
}

/** The figures for Prometheus are no answer of the API. */
function isPage(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/plain') ?? false
}
