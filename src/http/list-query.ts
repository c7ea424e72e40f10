import { Type } from '@sinclair/typebox'
import { ApiError, invalid } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { Principal } from '../contracts/principal.ts'
import { isUuid, OneOf, Text } from '../contracts/schema.ts'

/** Query parameters of every paginated list. */
export const PAGE = {
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  per_page: Type.Integer({ minimum: 1, maximum: LIMITS.per_page_max, default: LIMITS.per_page_default }),
}

export const ORDER = Type.Optional(OneOf(['asc', 'desc'], { description: 'Descending unless `asc`.' }))

/** A user's id, or `me`. */
export const UserFilter = (description: string) => Text(36, { min: 0, description })

/** The filter's value as an id; throws 400 when it is neither an id nor `me`. */
export function filterUser<N extends string>(
  name: N,
  value: string | undefined,
  principal: Principal,
): Partial<Record<N, string>> {
  if (value === undefined) return {}
  const id = value === 'me' ? (principal.id ?? '') : value.toLowerCase()
  if (!isUuid(id)) throw invalid({ path: `/${name}`, message: 'Must be a UUID or me.' })
  return { [name]: id } as Partial<Record<N, string>>
}

/** The version that an edit is based on: `If-Match: "7"`. `*` matches any version. */
export function ifMatch(request: Request): { version?: number } {
  const header = request.headers.get('if-match')
  if (header === null || header.trim() === '*') return {}
  const match = /^\s*(?:W\/)?(?:"(\d{1,100})"|(\d{1,100}))\s*$/.exec(header)
  const version = match?.[1] ?? match?.[2]
  if (version === undefined)
    throw new ApiError('VALIDATION_FAILED', 'The request is not valid.', {
      details: [{ path: 'If-Match', message: 'Must be a version in quotes.' }],
    })
  // A number beyond every stored version is a stale version like any other.
  return { version: Number(version) }
}
