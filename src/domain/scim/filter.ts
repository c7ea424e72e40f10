/** Filters and paths of RFC 7644, sections 3.4.2.2 and 3.5.2: read from text, and held against a resource. */
import { get, isJson, type Json } from './json.ts'
import { badRequest, type ScimRefusal } from './refusal.ts'

/** An attribute, without the URN of its schema. */
export interface AttributePath {
  attribute: string
  sub: string | undefined
}

const COMPARISONS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
type Comparison = (typeof COMPARISONS)[number]
type Literal = string | number | boolean | null

export type Filter =
  | { op: 'and' | 'or'; left: Filter; right: Filter }
  | { op: 'not'; filter: Filter }
  | { op: 'pr'; path: AttributePath }
  | { op: Comparison; path: AttributePath; value: Literal }
  /** `emails[type eq "work"]`: one value fits all of the inner filter. */
  | { op: 'values'; path: AttributePath; filter: Filter }

/** Target of a PATCH operation. */
export interface PatchPath extends AttributePath {
  filter: Filter | undefined
}

/** Characters of a filter or a path. */
export const FILTER_MAX = 2_000
/** Parentheses and negations inside each other. */
const DEPTH_MAX = 20

const TOKEN =
  /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|((?:urn:[\w.:-]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(\.[A-Za-z$][\w$-]*))/y

/** Attributes whose texts are compared with their case: ids, addresses of resources. */
const CASE_EXACT = new Set(['id', 'externalid', 'meta', 'members', 'groups'])
const DATES = new Set(['created', 'lastmodified'])

/** Throws `invalidFilter`. */
export function parseFilter(text: string): Filter {
  const parser = new Parser(text, (message) => badRequest('invalidFilter', message))
  const filter = parser.expression(0)
  parser.end()
  return filter
}

/** Throws `invalidPath`. */
export function parsePath(text: string): PatchPath {
  const parser = new Parser(text, (message) => badRequest('invalidPath', message))
  const path = parser.patchPath()
  parser.end()
  return path
}

class Parser {
  readonly #tokens: string[] = []
  readonly #refuse: (message: string) => ScimRefusal
  #at = 0

  constructor(text: string, refuse: (message: string) => ScimRefusal) {
    this.#refuse = refuse
    if (text.length > FILTER_MAX) throw refuse(`It may have ${FILTER_MAX} characters at the most.`)
    const rest = text.trimEnd()
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < rest.length) {
      const from = TOKEN.lastIndex
      const token = TOKEN.exec(rest)?.[0].trim()
      if (token === undefined) throw refuse(`It cannot be read from character ${from + 1} on.`)
      this.#tokens.push(token)
    }
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#refuse(`"${this.#tokens[this.#at]}" is not expected.`)
  }

  /** `or` binds less than `and`, which binds less than `not`. */
  expression(depth: number): Filter {
    let left = this.#conjunction(depth)
    while (this.#takeWord('or')) left = { op: 'or', left, right: this.#conjunction(depth) }
    return left
  }

  #conjunction(depth: number): Filter {
    let left = this.#term(depth)
    while (this.#takeWord('and')) left = { op: 'and', left, right: this.#term(depth) }
    return left
  }

  #term(depth: number): Filter {
    if (depth > DEPTH_MAX) throw this.#refuse('It is nested too deep.')
    if (this.#isWord('not') && this.#tokens[this.#at + 1] === '(') {
      this.#at++
      return { op: 'not', filter: this.#term(depth + 1) }
    }
    if (this.#take('(')) {
      const inner = this.expression(depth + 1)
      this.#expect(')')
      return inner
    }
    const path = this.#path()
    if (this.#take('[')) {
      const filter = this.expression(depth + 1)
      this.#expect(']')
      return { op: 'values', path, filter }
    }
    if (this.#takeWord('pr')) return { op: 'pr', path }
    const op = COMPARISONS.find((comparison) => this.#takeWord(comparison))
    if (!op) throw this.#refuse(`An operator is expected after "${path.attribute}".`)
    return { op, path, value: this.#literal() }
  }

  patchPath(): PatchPath {
    const path = this.#path()
    if (!this.#take('[')) return { ...path, filter: undefined }
    const filter = this.expression(0)
    this.#expect(']')
    const next = this.#tokens[this.#at]
    if (!next?.startsWith('.')) return { ...path, filter }
    this.#at++
    return { attribute: path.attribute, sub: next.slice(1), filter }
  }

  #path(): AttributePath {
    const token = this.#tokens[this.#at]
    if (token === undefined || !/^[A-Za-z$]/.test(token)) throw this.#refuse('An attribute is expected.')
    this.#at++
    // The URN of a schema ends with the last colon, and has dots of its own.
    const [attribute = '', sub] = token.slice(token.lastIndexOf(':') + 1).split('.')
    return { attribute, sub }
  }

  #literal(): Literal {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw this.#refuse('A value is expected.')
    const word = token.toLowerCase()
    if (word === 'true' || word === 'false') return word === 'true'
    if (word === 'null') return null
    if (/^["\d-]/.test(token)) return this.#value(token)
    throw this.#refuse('A value is a text in double quotes, a number, true, false or null.')
  }

  /** The value that a token of JSON stands for. No resource has a text that cannot be stored. */
  #value(token: string): string | number {
    let value: string | number
    try {
      value = JSON.parse(token) as string | number
    } catch {
      throw this.#refuse('A text of it is not valid JSON.')
    }
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
      throw this.#refuse('A text of it has a NUL character or half of a surrogate pair.')
    return value
  }

  #isWord(word: string): boolean {
    return this.#tokens[this.#at]?.toLowerCase() === word
  }

  #takeWord(word: string): boolean {
    const is = this.#isWord(word)
    if (is) this.#at++
    return is
  }

  #take(token: string): boolean {
    const is = this.#tokens[this.#at] === token
    if (is) this.#at++
    return is
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#refuse(`"${token}" is expected.`)
  }
}

/** Whether a resource, or one value of a complex attribute, fits. Throws `invalidFilter` for an order of what has none. */
export function matches(filter: Filter, object: Json): boolean {
  switch (filter.op) {
    case 'and':
      return matches(filter.left, object) && matches(filter.right, object)
    case 'or':
      return matches(filter.left, object) || matches(filter.right, object)
    case 'not':
      return !matches(filter.filter, object)
    case 'pr':
      return valuesAt(object, filter.path).some((value) => value !== null && value !== '')
    case 'values':
      return elementsAt(object, filter.path).some((value) => matches(filter.filter, value))
    case 'ne':
      return !matches({ ...filter, op: 'eq' }, object)
    default: {
      const { op, path, value } = filter
      const found = valuesAt(object, path)
      if (value === null) return op === 'eq' && found.length === 0
      return found.some((one) => compares(op, one, value, path))
    }
  }
}

function compares(
  op: Exclude<Comparison, 'ne'>,
  found: unknown,
  value: Literal,
  path: AttributePath,
): boolean {
  if (typeof found === 'boolean' || typeof value === 'boolean') {
    if (op !== 'eq') throw badRequest('invalidFilter', `"${op}" cannot be said of true and false.`)
    return found === value
  }
  if (typeof found === 'string' && typeof value === 'string') {
    const last = (path.sub ?? path.attribute).toLowerCase()
    if (DATES.has(last) && !Number.isNaN(Date.parse(value)))
      return orders(op, Date.parse(found), Date.parse(value))
    const exact = CASE_EXACT.has(path.attribute.toLowerCase())
    const [a, b] = exact ? [found, value] : [found.toLowerCase(), value.toLowerCase()]
    switch (op) {
      case 'co':
        return a.includes(b)
      case 'sw':
        return a.startsWith(b)
      case 'ew':
        return a.endsWith(b)
      default:
        return orders(op, a, b)
    }
  }
  return typeof found === 'number' && typeof value === 'number' && orders(op, found, value)
}

function orders<T extends string | number>(op: Exclude<Comparison, 'ne'>, a: T, b: T): boolean {
  switch (op) {
    case 'eq':
      return a === b
    case 'gt':
      return a > b
    case 'ge':
      return a >= b
    case 'lt':
      return a < b
    case 'le':
      return a <= b
    default:
      return false
  }
}

/** Values of a complex attribute. */
function elementsAt(object: Json, { attribute }: AttributePath): Json[] {
  return [get(object, attribute)].flat().filter(isJson)
}

/** Simple values; of a complex attribute without a sub-attribute its `value`. */
function valuesAt(object: Json, { attribute, sub }: AttributePath): unknown[] {
  return [get(object, attribute)]
    .flat()
    .map((value) => (isJson(value) ? get(value, sub ?? 'value') : sub === undefined ? value : undefined))
    .filter((value) => value !== undefined && value !== null)
}

/** What a list is put in order by (RFC 7644, section 3.4.2.3). */
export interface Sorting {
  by: AttributePath
  descending: boolean
}

/** Throws `invalidPath` for what is no attribute. */
export function parseSorting(by: string, descending: boolean): Sorting {
  const { filter, ...path } = parsePath(by)
  if (filter) throw badRequest('invalidPath', 'A list is put in order by an attribute.')
  return { by: path, descending }
}

/**
 * In the order of an attribute: texts without case unless the attribute has one, of several values the primary one or the
 * first. What has no value comes last, in descending order first.
 */
export function inOrderOf(resources: readonly Json[], { by, descending }: Sorting): Json[] {
  const exact = CASE_EXACT.has(by.attribute.toLowerCase())
  const keyed = resources.map((resource) => ({ resource, key: sortKey(resource, by, exact) }))
  const sign = descending ? -1 : 1
  return keyed.sort((a, b) => sign * compareKeys(a.key, b.key)).map(({ resource }) => resource)
}

type SortKey = string | number | undefined

function sortKey(object: Json, { attribute, sub }: AttributePath, exact: boolean): SortKey {
  const found = get(object, attribute)
  const values = Array.isArray(found) ? found : [found]
  const first = values.find((value) => isJson(value) && get(value, 'primary') === true) ?? values[0]
  const [value] = valuesAt({ [attribute]: first }, { attribute, sub })
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') return exact ? value : value.toLowerCase()
  return typeof value === 'number' ? value : undefined
}

function compareKeys(a: SortKey, b: SortKey): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  return Number(a) - Number(b)
}

/** The text that an attribute must be equal to for a resource to fit, when the filter says so. */
export function equalTo(filter: Filter, attribute: string): string | undefined {
  if (filter.op === 'and') return equalTo(filter.left, attribute) ?? equalTo(filter.right, attribute)
  if (filter.op !== 'eq' || typeof filter.value !== 'string' || filter.path.sub !== undefined)
    return undefined
  return filter.path.attribute.toLowerCase() === attribute.toLowerCase() ? filter.value : undefined
}
