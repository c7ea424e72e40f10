import type { ErrorBody, ErrorCode, Problem } from '@contracts/errors.ts'
import { t } from '../i18n/index.ts'
import { ofServer } from '../i18n/server.ts'

/**
 * `NETWORK`: no answer, or a proxy that says so. `UNREADABLE`: another answer without the server's error body, e.g. the refusal
 * of a proxy.
 */
export type FailureCode = ErrorCode | 'NETWORK' | 'UNREADABLE'

/** A failed request, with the server's error. */
export class ApiFailure extends Error {
  readonly code: FailureCode
  /** 0 without an answer. */
  readonly status: number
  readonly details: unknown
  readonly retry_after_s: number | undefined

  /** What the server said, in its own words; the message is for people. */
  readonly said: string | undefined

  constructor(
    code: FailureCode,
    message: string,
    options: { status?: number; details?: unknown; retry_after_s?: number; said?: string } = {},
  ) {
    super(message)
    this.name = 'ApiFailure'
    this.code = code
    this.status = options.status ?? 0
    this.details = options.details
    this.retry_after_s = options.retry_after_s
    this.said = options.said
  }

  /** Whether a retry may succeed: the request itself was valid. */
  get transient(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429
  }

  /** Whether the server names fields of the request. */
  get names_fields(): boolean {
    return problems(this.details).length > 0
  }

  /** The problem of one field of the request, e.g. `/email`; undefined if it is valid. */
  problem(path: string): string | undefined {
    const found = problems(this.details).find((problem) => problem.path === path)
    return found && ofServer(found.message, 'problem')
  }
}

/** Of a proxy whose servers are away. The server's own answers with these have an error body. */
const AWAY: readonly number[] = [502, 503, 504]

/** Converts any thrown value to a failure for display. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error
  return new ApiFailure('UNREADABLE', error instanceof Error ? error.message : t('common.network.unknown'))
}

/** Codes whose message leaves out when to try again. */
const WAITS: ReadonlySet<ErrorCode> = new Set(['RATE_LIMITED', 'SUB_AGENT_LIMIT'])

/** Parses the server's error body; an answer without one is a proxy's. */
export function failureOf(status: number, body: unknown, retry_after: string | null): ApiFailure {
  const retry_after_s = retry_after === null || !/^\d+$/.test(retry_after) ? undefined : Number(retry_after)
  const rest = { status, ...(retry_after_s === undefined ? {} : { retry_after_s }) }
  if (!isErrorBody(body))
    return AWAY.includes(status)
      ? new ApiFailure('NETWORK', t('common.network.unreachable'), rest)
      : new ApiFailure('UNREADABLE', t('common.network.no_reason', { status }), rest)
  const { code, message, details } = body.error
  const shown = ofServer(message, { code })
  const wait_s = WAITS.has(code) ? retry_after_s : undefined
  return new ApiFailure(code, wait_s === undefined ? shown : withWait(shown, wait_s), {
    ...rest,
    details,
    said: message,
  })
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  if (typeof error !== 'object' || error === null) return false
  return (
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  )
}

function problems(details: unknown): Problem[] {
  return Array.isArray(details) ? details.filter(isProblem) : []
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false
  return (
    'path' in value &&
    typeof value.path === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  )
}

/** The wait that a frame names in the details of its refusal, in seconds: a frame has no headers. */
export function retryAfterOf(details: unknown): number | undefined {
  if (typeof details !== 'object' || details === null || !('retry_after_s' in details)) return undefined
  return typeof details.retry_after_s === 'number' ? details.retry_after_s : undefined
}

/** With when to try again: "in 40 seconds", "in 5 minutes". */
function withWait(message: string, seconds: number): string {
  return seconds < 100
    ? t('common.retry.seconds', { message, count: seconds })
    : t('common.retry.minutes', { message, count: Math.ceil(seconds / 60) })
}
