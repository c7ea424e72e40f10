/** PATCH of RFC 7644, section 3.5.2, on the JSON of a resource; what it means is decided by whoever reads the result. */
import { type Filter, matches, type PatchPath, parsePath } from './filter.ts'
import { get, isJson, type Json, set, unset } from './json.ts'
import { badRequest } from './refusal.ts'

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** Operations of one request. */
const OPERATIONS_MAX = 1_000

/** What may be changed of a resource. */
export interface Shape {
  /** Attributes with several values. */
  multi_valued: readonly string[]
  /** Attributes with sub-attributes and one value. */
  complex: readonly string[]
  /** Attributes that the server alone writes. */
  read_only: readonly string[]
}

const OPS = ['add', 'remove', 'replace'] as const
type Op = (typeof OPS)[number]

/** A changed copy. Throws for what cannot be read or has no target. */
export function patched(resource: Json, body: unknown, shape: Shape): Json {
  const operations = isJson(body) ? get(body, 'Operations') : undefined
  if (!Array.isArray(operations) || operations.length === 0)
    throw badRequest('invalidSyntax', 'A PATCH has a list of "Operations".')
  if (operations.length > OPERATIONS_MAX)
    throw badRequest('tooMany', `A PATCH has ${OPERATIONS_MAX} operations at the most.`)
  const copy = structuredClone(resource)
  for (const operation of operations) apply(copy, operation, shape)
  return copy
}

function apply(resource: Json, operation: unknown, shape: Shape): void {
  if (!isJson(operation)) throw badRequest('invalidSyntax', 'An operation is an object.')
  const name = String(get(operation, 'op')).toLowerCase()
  const op = OPS.find((known) => known === name)
  if (!op) throw badRequest('invalidSyntax', 'The "op" of an operation is add, remove or replace.')
  const path = get(operation, 'path')
  const value = get(operation, 'value')
  if (path !== undefined && typeof path !== 'string') throw badRequest('invalidPath', 'A "path" is a text.')
  if (path) {
    applyAt(resource, op, parsePath(path), value, shape)
    return
  }
  if (op === 'remove') throw badRequest('noTarget', 'What is to be removed needs a "path".')
  if (!isJson(value))
    throw badRequest('invalidValue', 'Without a "path" the "value" is an object of attributes.')
  for (const [key, item] of Object.entries(value)) {
    // Attributes of another schema come below its URN: there is none that is known here.
    if (key.toLowerCase() === 'schemas' || (key.startsWith('urn:') && isJson(item))) continue
    applyAt(resource, op, parsePath(key), item, shape)
  }
}

function applyAt(resource: Json, op: Op, path: PatchPath, value: unknown, shape: Shape): void {
  const is = (names: readonly string[]) =>
    names.some((name) => name.toLowerCase() === path.attribute.toLowerCase())
  if (is(shape.read_only))
    throw badRequest('mutability', `"${path.attribute}" is written by the server alone.`)
  if (op !== 'remove' && value === undefined)
    throw badRequest('invalidValue', 'An operation that adds or replaces has a "value".')
  if (is(shape.multi_valued)) {
    applyToValues(resource, op, path, value)
    return
  }
  if (path.filter) throw badRequest('invalidPath', `"${path.attribute}" has one value: it takes no filter.`)
  if (path.sub !== undefined) {
    const known = get(resource, path.attribute)
    const complex: Json = isJson(known) ? known : {}
    put(complex, op, path.sub, value)
    set(resource, path.attribute, complex)
  } else if (op !== 'remove' && is(shape.complex) && isJson(value)) {
    const known = get(resource, path.attribute)
    set(resource, path.attribute, merged(isJson(known) ? known : {}, value))
  } else put(resource, op, path.attribute, value)
}

function put(object: Json, op: Op, name: string, value: unknown): void {
  if (op === 'remove' || value === null) unset(object, name)
  else set(object, name, value)
}

function applyToValues(resource: Json, op: Op, path: PatchPath, value: unknown): void {
  const known = get(resource, path.attribute)
  const before: unknown[] = Array.isArray(known) ? known : []
  const after = path.filter
    ? withFilter(before, op, path, path.filter, value)
    : path.sub !== undefined
      ? before.map((one) => (isJson(one) ? withSub(one, op, path.sub ?? '', value) : one))
      : withoutFilter(before, op, value)
  if (after.length === 0) unset(resource, path.attribute)
  else set(resource, path.attribute, after)
}

function withoutFilter(before: readonly unknown[], op: Op, value: unknown): unknown[] {
  const values = value === undefined || value === null ? [] : [value].flat()
  if (op === 'replace') return values
  // A list of values with a removal is what some providers send for a filter by `value`.
  if (op === 'remove')
    return value === undefined ? [] : before.filter((one) => !values.some((other) => isSame(one, other)))
  const added = values.filter((one) => !before.some((other) => isSame(one, other)))
  const takes_over = added.some((one) => isJson(one) && get(one, 'primary') === true)
  const kept = takes_over ? before.map((one) => (isJson(one) ? { ...one, primary: false } : one)) : before
  return [...kept, ...added]
}

function withFilter(
  before: readonly unknown[],
  op: Op,
  { sub }: PatchPath,
  filter: Filter,
  value: unknown,
): unknown[] {
  const fits = (one: unknown) => isJson(one) && matches(filter, one)
  if (op === 'remove') {
    if (sub === undefined) return before.filter((one) => !fits(one))
    return before.map((one) => (isJson(one) && fits(one) ? withSub(one, op, sub, value) : one))
  }
  if (!before.some(fits)) {
    if (op === 'replace') throw badRequest('noTarget', 'No value fits the filter of the "path".')
    const made = demanded(filter)
    return [
      ...before,
      sub === undefined ? { ...made, ...(isJson(value) ? value : { value }) } : { ...made, [sub]: value },
    ]
  }
  return before.map((one) => {
    if (!isJson(one) || !fits(one)) return one
    if (sub !== undefined) return withSub(one, op, sub, value)
    return isJson(value) ? merged(one, value) : one
  })
}

function withSub(one: Json, op: Op, sub: string, value: unknown): Json {
  const copy = { ...one }
  put(copy, op, sub, value)
  return copy
}

function merged(before: Json, value: Json): Json {
  const copy = { ...before }
  for (const [key, item] of Object.entries(value)) put(copy, 'add', key, item)
  return copy
}

/** What a filter demands of a new value. */
function demanded(filter: Filter): Json {
  if (filter.op === 'and') return { ...demanded(filter.left), ...demanded(filter.right) }
  return filter.op === 'eq' ? { [filter.path.attribute]: filter.value } : {}
}

/** Values with one `value` are the same, whatever else is told of them. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isJson(a) || !isJson(b)) return a === b
  return get(a, 'value') !== undefined && get(a, 'value') === get(b, 'value')
}
