import { ApiError } from '../contracts/errors.ts'

/** The database cannot be used at the moment, and nothing of this call has had an effect. */
export function unavailable(): ApiError {
  return new ApiError('UNAVAILABLE', 'The database cannot be reached at the moment. Try again.', {
    retry_after_s: 1,
  })
}

/**
 * The connection died during COMMIT or during a statement that commits by itself: only the database knows the outcome.
 * A separate error class, so no caller mistakes it for "nothing was done" and every route answers it unchanged.
 */
export class OutcomeUnknown extends ApiError {
  constructor() {
    super('OUTCOME_UNKNOWN', 'Whether this was stored is not known. Look, then try again.', {
      retry_after_s: 1,
    })
    this.name = 'OutcomeUnknown'
  }
}

/** A row with the same unique key exists (SQLSTATE 23505). */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/** The connection was never open, so no statement was sent. */
export function neverSent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NEVER_OPEN_CODES.has(String(error.code))
}

const NEVER_OPEN_CODES = new Set(['CONNECT_TIMEOUT', 'ECONNREFUSED', 'ENOENT'])

/** Codes of the driver, and SQLSTATEs of restart, time-out, read-only mode and full disk: nothing was done. */
const UNAVAILABLE_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '57014',
  '25P03',
  '25006',
  '53100',
  '55P03',
  '08006',
  '08003',
])

/** Maps an error of the driver to 503 when the server is away or out of time; other errors stay as they are. */
export function asUnavailable(error: unknown, dead: boolean): unknown {
  if (error instanceof ApiError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return UNAVAILABLE_CODES.has(code) || (dead && code === '') ? unavailable() : error
}
