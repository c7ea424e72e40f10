import { createHash } from 'node:crypto'
import { ApiError, type ErrorCode } from '../../contracts/errors.ts'
import { isJson, type Json } from '../../domain/scim/json.ts'
import { ScimRefusal, type ScimType } from '../../domain/scim/refusal.ts'
import { HungUp, SlowBody } from '../body.ts'
import type { Deps } from '../deps.ts'
import { pathOf } from '../host.ts'
import { rateLimitHeaders } from '../reply.ts'

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error'
const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

const TYPE = { 'Content-Type': 'application/scim+json; charset=utf-8' }

/** Detail keywords of the refusals that commands and checks throw. */
const SCIM_TYPES: Partial<Record<ErrorCode, ScimType>> = {
  VALIDATION_FAILED: 'invalidValue',
  INVALID_JSON: 'invalidSyntax',
  ALREADY_MEMBER: 'uniqueness',
  NAME_TAKEN: 'uniqueness',
}

export interface ScimAnswer {
  status?: number
  /** Absent for 204 and 304. */
  body?: Json
  headers?: Record<string, string>
}

export function respond(
  { replier }: Pick<Deps, 'replier'>,
  { status, body, headers = {} }: ScimAnswer,
  request_id: string,
): Response {
  if (!body) return replier.empty(status ?? 204, request_id, headers)
  return replier.json(status ?? 200, body, request_id, { ...TYPE, ...headers })
}

/** One page of a list; `from` counts from 1. */
export function listOf(all: readonly Json[], { from, count }: { from: number; count: number }): Json {
  const page = all.slice(from - 1, from - 1 + count)
  return {
    schemas: [LIST_SCHEMA],
    totalResults: all.length,
    startIndex: from,
    itemsPerPage: page.length,
    Resources: page,
  }
}

/** A resource with its version, which is a hash of it: whatever it shows has another version when it changes. */
export function versioned(resource: Json): { body: Json; etag: string } {
  const digest = createHash('sha256').update(JSON.stringify(resource)).digest('base64url')
  const etag = `W/"${digest.slice(0, 22)}"`
  const meta = isJson(resource.meta) ? resource.meta : {}
  return { body: { ...resource, meta: { ...meta, version: etag } }, etag }
}

/** Whether a header of entity tags names one; compared weakly. */
export function names(header: string | null, etag: string): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, '')
  const tags = header?.split(',') ?? []
  return tags.some((tag) => tag.trim() === '*' || plain(tag) === plain(etag))
}

/** The answer to what was thrown, in the shape of RFC 7644, section 3.12. */
export function refuse(
  deps: Pick<Deps, 'replier' | 'log'>,
  error: unknown,
  request: Request,
  request_id: string,
): Response {
  const [status, detail, scimType, headers] = told(error)
  if (status === 500 && !(error instanceof HungUp))
    deps.log.failed(`${request.method} ${pathOf(request)} (${request_id})`, error)
  const body = { schemas: [ERROR_SCHEMA], status: String(status), ...(scimType ? { scimType } : {}), detail }
  return respond(deps, { status, body, headers }, request_id)
}

function told(error: unknown): [number, string, ScimType | undefined, Record<string, string>] {
  if (error instanceof ScimRefusal) return [error.status, error.message, error.scim_type, {}]
  if (!(error instanceof ApiError))
    return [500, 'Something went wrong here. The request id finds it in the server log.', undefined, {}]
  const problems = Array.isArray(error.details) ? error.details : []
  const where = problems
    .map((problem) => (isJson(problem) ? `${problem.path || 'value'}: ${problem.message}` : ''))
    .join(' ')
  const headers = {
    ...(error.retry_after_s === undefined ? {} : { 'Retry-After': String(error.retry_after_s) }),
    ...(error.rate_limit === undefined ? {} : rateLimitHeaders(error.rate_limit)),
    // The rest of a body that came too slowly is no next request.
    ...(error instanceof SlowBody ? { Connection: 'close' } : {}),
    ...(error.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="SCIM"' } : {}),
  }
  const detail = where === '' ? error.message : `${error.message} ${where}`
  return [error.status, detail, SCIM_TYPES[error.errorCode], headers]
}
