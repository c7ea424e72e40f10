import { Kind, type SchemaOptions, type Static, type TSchema, Type, TypeRegistry } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { httpsUri } from './addresses.ts'
import { LIMITS } from './limits.ts'
import { lineProblem, nameProblem, tidyLine, tidyName } from './names.ts'
import { isUsername, USERNAME_PATTERN, usernameForm } from './usernames.ts'

/** Counts characters as people and JSON Schema do: Unicode code points, not UTF-16 units. */
export function characters(text: string): number {
  let surrogate_pairs = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) surrogate_pairs++
  }
  return text.length - surrogate_pairs
}

/**
 * JSON Schema's `maxLength` counts code points while TypeBox's own string check counts UTF-16 units, so text fields
 * are a kind of their own: the document and the check then mean the same bound.
 */
TypeRegistry.Set(
  'Text',
  (schema: { minLength: number; maxLength: number; pattern?: string }, value: unknown) => {
    if (typeof value !== 'string') return false
    if (value.length > schema.maxLength * 2) return false
    const length = characters(value)
    if (length < schema.minLength || length > schema.maxLength) return false
    return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value)
  },
)

interface TextOptions {
  min?: number
  pattern?: string
  description?: string
  examples?: string[]
  format?: string
}

/** A string of at most `max` characters (at least one unless `min` says otherwise). */
export function Text(max: number, options: TextOptions = {}) {
  const { min = 1, ...rest } = options
  return Type.Unsafe<string>({ [Kind]: 'Text', type: 'string', minLength: min, maxLength: max, ...rest })
}

TypeRegistry.Set('Name', (schema: { maxLength: number }, value: unknown) => {
  if (typeof value !== 'string' || value.length > schema.maxLength * 4) return false
  const name = tidyName(value)
  return name !== '' && characters(name) <= schema.maxLength && nameProblem(name) === undefined
})

/** A name that shows what it is; its stored form has at most `max` characters. */
export const Name = (max: number, options: SchemaOptions = {}) =>
  Type.Unsafe<string>({ [Kind]: 'Name', type: 'string', minLength: 1, maxLength: max, ...options })

TypeRegistry.Set('Line', (schema: { maxLength: number }, value: unknown) => {
  if (typeof value !== 'string' || value.length > schema.maxLength * 4) return false
  const line = tidyLine(value)
  return line !== '' && characters(line) <= schema.maxLength && lineProblem(line) === undefined
})

/** A line of text that shows something; its stored form has at most `max` characters. */
export const Line = (max: number, options: SchemaOptions = {}) =>
  Type.Unsafe<string>({ [Kind]: 'Line', type: 'string', minLength: 1, maxLength: max, ...options })

TypeRegistry.Set(
  'Username',
  (_schema, value) =>
    typeof value === 'string' && value.length <= LIMITS.username_max * 2 && isUsername(usernameForm(value)),
)

/** A username, in any case; stored in small letters. */
export const Username = Type.Unsafe<string>({
  [Kind]: 'Username',
  type: 'string',
  minLength: 1,
  maxLength: LIMITS.username_max,
  pattern: USERNAME_PATTERN,
  description: 'Letters of one script, digits, `.`, `-` and `_`, the latter three only inside.',
  examples: ['ines'],
})

/** The stored form of a valid text of this kind of schema; undefined when it is stored as it came. */
export function storedForm(schema: TSchema): ((text: string) => string) | undefined {
  if (schema[Kind] === 'Uuid') return (text) => text.toLowerCase()
  if (schema[Kind] === 'Name') return tidyName
  if (schema[Kind] === 'Line') return tidyLine
  if (schema[Kind] === 'Username') return usernameForm
  if (schema[Kind] === 'HttpsUrl') return (text) => httpsUri(text) ?? text
  return undefined
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Lower-case UUID text of any version. */
export function isUuid(value: string): boolean {
  return value.length === 36 && UUID.test(value)
}

TypeRegistry.Set('Uuid', (_schema, value) => typeof value === 'string' && isUuid(value.toLowerCase()))

/** A resource id: UUIDv7 text. */
export const Uuid = (description?: string) =>
  Type.Unsafe<string>({
    [Kind]: 'Uuid',
    type: 'string',
    format: 'uuid',
    ...(description ? { description } : {}),
  })

/** ISO 8601 UTC with milliseconds. */
export const Timestamp = (description?: string) =>
  Type.Unsafe<string>({
    [Kind]: 'Text',
    type: 'string',
    format: 'date-time',
    minLength: 24,
    maxLength: 24,
    ...(description ? { description } : {}),
  })

/** A date, or a moment with its zone. Years of four digits that PostgreSQL knows: no signs, no year nought. */
const MOMENT = /^([12]\d{3})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

const MOMENT_MAX = 40

TypeRegistry.Set('Moment', (_schema, value) => {
  const match = typeof value === 'string' && value.length <= MOMENT_MAX ? MOMENT.exec(value) : null
  if (!match || Number.isNaN(Date.parse(match[0]))) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  // `Date` would read February 30 as March 2.
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
})

/** A time in a request: ISO 8601 with a zone, or a date. */
export const Moment = (description: string) =>
  Type.Unsafe<string>({
    [Kind]: 'Moment',
    type: 'string',
    format: 'date-time',
    maxLength: MOMENT_MAX,
    description,
  })

TypeRegistry.Set('HttpsUrl', (_schema, value) => {
  if (typeof value !== 'string' || value.length > LIMITS.url_max * 2) return false
  if (characters(value) > LIMITS.url_max) return false
  const uri = httpsUri(value)
  return uri !== undefined && uri.length <= LIMITS.url_max
})

/** An absolute https URL; its stored form is a URI of at most the limit. */
export const HttpsUrl = Type.Unsafe<string>({
  [Kind]: 'HttpsUrl',
  type: 'string',
  format: 'uri',
  maxLength: LIMITS.url_max,
  pattern: '^https://',
})

/** One of a fixed set of words. */
export function OneOf<const T extends readonly string[]>(values: T, options: SchemaOptions = {}) {
  return Type.Unsafe<T[number]>({ [Kind]: 'OneOf', type: 'string', enum: [...values], ...options })
}

TypeRegistry.Set(
  'OneOf',
  (schema: { enum: string[] }, value: unknown) => typeof value === 'string' && schema.enum.includes(value),
)

/** `T` or null. */
export const Nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>(Type.Union([schema, Type.Null()]))

/** An object without other fields than the named ones. */
export const Closed = <P extends Record<string, TSchema>>(properties: P, options: SchemaOptions = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

/** Whole non-negative number that JSON can carry exactly. */
export const Count = (options: SchemaOptions = {}) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, ...options })

TypeRegistry.Set('FreeForm', (_schema, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return new TextEncoder().encode(JSON.stringify(value)).length <= LIMITS.free_form_bytes_max
})

/** An object whose fields are validated elsewhere; bounded in total size. */
export const FreeForm = (description: string) =>
  Type.Unsafe<Record<string, unknown>>({
    [Kind]: 'FreeForm',
    type: 'object',
    additionalProperties: {},
    description,
  })

/** JSON values and nothing that JSON would lose: no class instances, functions, dates, holes or special numbers. */
export function isPlainData(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isPlainData)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  return Object.values(value).every(isPlainData)
}

TypeRegistry.Set('PlainData', (_schema, value) => isPlainData(value))

/** Plain data of any shape; only its two ends interpret it. */
export const PlainData = (description: string) => Type.Unsafe<unknown>({ [Kind]: 'PlainData', description })

/** A union discriminated by one field, their `type`: the checks look at one member only. */
export function TaggedUnion<const M extends Record<string, TSchema>>(
  members: M,
  options: SchemaOptions = {},
  tag = 'type',
) {
  return Type.Unsafe<Static<M[keyof M]>>({
    [Kind]: 'TaggedUnion',
    oneOf: Object.values(members),
    discriminator: { propertyName: tag },
    ...options,
  })
}

interface TaggedUnionSchema {
  oneOf: TSchema[]
  discriminator: { propertyName: string }
}

/** Checks of the members of unions by tag, each compiled at its first use: of most a process never sees a value. */
const member_checks = new WeakMap<TSchema[], Map<unknown, (value: unknown) => boolean>>()

function memberCheck({ oneOf, discriminator }: TaggedUnionSchema, tag: unknown) {
  let checks = member_checks.get(oneOf)
  if (!checks) {
    checks = new Map()
    member_checks.set(oneOf, checks)
  }
  let check = checks.get(tag)
  if (!check) {
    const member = oneOf.find(({ properties }) => properties[discriminator.propertyName].const === tag)
    if (!member) return undefined
    const compiled = TypeCompiler.Compile(member)
    check = (value) => compiled.Check(value)
    checks.set(tag, check)
  }
  return check
}

TypeRegistry.Set('TaggedUnion', (schema: TaggedUnionSchema, value: unknown) => {
  if (typeof value !== 'object' || value === null) return false
  const tag: unknown = Reflect.get(value, schema.discriminator.propertyName)
  return memberCheck(schema, tag)?.(value) ?? false
})
