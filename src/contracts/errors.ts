import { type Static, Type } from '@sinclair/typebox'
import { Closed, Count, OneOf } from './schema.ts'

/** Every error code of the API with its HTTP status. `<RESOURCE>_NOT_FOUND` codes are listed by resource. */
export const ERROR_STATUS = {
  VALIDATION_FAILED: 400,
  INVALID_ID: 400,
  INVALID_JSON: 400,
  INVALID_CURSOR: 400,
  UNAUTHENTICATED: 401,
  INVALID_API_KEY: 401,
  INVALID_CREDENTIALS: 401,
  SESSION_EXPIRED: 401,
  SESSION_REVOKED: 401,
  FORBIDDEN: 403,
  CSRF_VALIDATION_FAILED: 403,
  SINGLE_TENANT: 403,
  NOT_FOUND: 404,
  ORG_NOT_FOUND: 404,
  USER_NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  TASK_NOT_FOUND: 404,
  CHANNEL_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  EVIDENCE_NOT_FOUND: 404,
  DEPENDENCY_NOT_FOUND: 404,
  SUB_AGENT_NOT_FOUND: 404,
  EXPORT_NOT_FOUND: 404,
  NOTIFICATION_NOT_FOUND: 404,
  EMAIL_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  PASSKEY_NOT_FOUND: 404,
  INVITE_NOT_FOUND: 404,
  SCIM_TOKEN_NOT_FOUND: 404,
  IDENTITY_NOT_FOUND: 404,
  INVALID_TRANSITION: 409,
  EVIDENCE_REQUIRED: 409,
  TASK_BLOCKED: 409,
  CIRCULAR_DEPENDENCY: 409,
  SLUG_TAKEN: 409,
  NAME_TAKEN: 409,
  ALREADY_MEMBER: 409,
  LAST_ADMINISTRATOR: 409,
  ORG_READ_ONLY: 409,
  IDEMPOTENCY_CONFLICT: 409,
  ALREADY_SET_UP: 409,
  OTHER_USER: 409,
  VERSION_CONFLICT: 412,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  CONNECTION_LIMIT: 429,
  SUB_AGENT_LIMIT: 429,
  AGENT_LOOP: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_STATUS, code)
}

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(ERROR_STATUS).filter(isErrorCode)

/** One problem of a submitted value: where, and what is expected. Never carries the value itself. */
export interface Problem {
  path: string
  message: string
}

/** A refusal. `details` depends on the code: the problems of a submitted value, or what the caller needs to go on. */
export const ErrorDetail = Closed({
  code: OneOf(ERROR_CODES),
  message: Type.String(),
  status: Type.Integer(),
  details: Type.Optional(Type.Unknown()),
})

/** The body of every error answer. */
export const ErrorBody = Closed({ error: ErrorDetail })
export type ErrorBody = Static<typeof ErrorBody>

/** State of a token bucket: capacity, remaining calls, seconds until full. */
export const RateLimitState = Closed({ limit: Count(), remaining: Count(), reset_s: Count() })
export type RateLimitState = Static<typeof RateLimitState>

/**
 * A refusal that is part of the contract: thrown anywhere between route and lane, answered as it is.
 * `retry_after_s` becomes the `Retry-After` header of 429 and 503, `rate_limit` the `RateLimit-*` headers.
 */
export class ApiError extends Error {
  readonly errorCode: ErrorCode
  readonly details: unknown
  readonly retry_after_s: number | undefined
  readonly rate_limit: RateLimitState | undefined

  constructor(
    errorCode: ErrorCode,
    message: string,
    options: { details?: unknown; retry_after_s?: number; rate_limit?: RateLimitState } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.errorCode = errorCode
    this.details = options.details
    this.retry_after_s = options.retry_after_s
    this.rate_limit = options.rate_limit
  }

  get status(): number {
    return ERROR_STATUS[this.errorCode]
  }

  body(): ErrorBody {
    const error: ErrorBody['error'] = { code: this.errorCode, message: this.message, status: this.status }
    if (this.details !== undefined) error.details = this.details
    return { error }
  }
}

/** The one 404 message: identical for a foreign, an invisible and a nonexistent resource. */
export function notFound(resource: string): ApiError {
  const code = `${resource.toUpperCase()}_NOT_FOUND`
  return new ApiError(
    isErrorCode(code) ? code : 'NOT_FOUND',
    `There is no such ${resource.replaceAll('_', ' ')}.`,
  )
}

/** 400 with one or more problems. */
export function invalid(...details: Problem[]): ApiError {
  return new ApiError('VALIDATION_FAILED', 'The request is not valid.', { details })
}
