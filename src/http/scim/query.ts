import {
  type Filter,
  inOrderOf,
  matches,
  parseFilter,
  parseSorting,
  type Sorting,
} from '../../domain/scim/filter.ts'
import type { Json } from '../../domain/scim/json.ts'
import { badRequest, ScimRefusal } from '../../domain/scim/refusal.ts'
import { RESULTS_MAX } from '../../domain/scim/schemas.ts'
import { selected } from '../../domain/scim/selection.ts'
import { listOf, names, type ScimAnswer, versioned } from './answer.ts'
import type { ScimCall } from './call.ts'

export interface ScimQuery {
  filter: Filter | undefined
  sorting: Sorting | undefined
  from: number
  count: number
  attributes: string | undefined
  excluded: string | undefined
}

/** Reads the parameters of RFC 7644, section 3.4.2; unknown ones are left aside. */
export function readQuery(url: URL): ScimQuery {
  const given = (name: string) => {
    const key = [...url.searchParams.keys()].find((one) => one.toLowerCase() === name.toLowerCase())
    return (key === undefined ? '' : (url.searchParams.get(key) ?? '')).trim()
  }
  const whole = (name: string, missing: number) => {
    const text = given(name)
    if (text === '') return missing
    if (!/^-?\d{1,9}$/.test(text)) throw badRequest('invalidValue', `"${name}" is a whole number.`)
    return Number(text)
  }
  const filter = given('filter')
  const order = given('sortOrder').toLowerCase()
  if (!['', 'ascending', 'descending'].includes(order))
    throw badRequest('invalidValue', '"sortOrder" is "ascending" or "descending".')
  const sort_by = given('sortBy')
  return {
    filter: filter === '' ? undefined : parseFilter(filter),
    sorting: sort_by === '' ? undefined : parseSorting(sort_by, order === 'descending'),
    from: Math.max(1, whole('startIndex', 1)),
    count: Math.min(RESULTS_MAX, Math.max(0, whole('count', RESULTS_MAX))),
    attributes: given('attributes') || undefined,
    excluded: given('excludedAttributes') || undefined,
  }
}

export function page(
  all: readonly Json[],
  { filter, sorting, from, count, ...selection }: ScimQuery,
): ScimAnswer {
  const fitting = filter ? all.filter((resource) => matches(filter, resource)) : all
  const ordered = sorting ? inOrderOf(fitting, sorting) : fitting
  const body = listOf(ordered, { from, count })
  const shown = (body.Resources as Json[]).map((resource) => selected(resource, selection))
  return { body: { ...body, Resources: shown } }
}

/** One resource; 304 when the caller has it. */
export function found({ request, query }: ScimCall, resource: Json): ScimAnswer {
  const { body, etag } = versioned(resource)
  const headers = { ETag: etag }
  if (request.method === 'GET' && names(request.headers.get('if-none-match'), etag))
    return { status: 304, headers }
  return { body: selected(body, query), headers }
}

/** Throws 412 unless the resource is in the version that the caller names. */
export function checkPrecondition(request: Request, resource: Json): void {
  const header = request.headers.get('if-match')
  if (header !== null && !names(header, versioned(resource).etag))
    throw new ScimRefusal(412, 'The resource has changed since it was read.')
}
