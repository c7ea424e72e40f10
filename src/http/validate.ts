import type { Static, TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { ApiError, invalid } from '../contracts/errors.ts'
import { problemsOf } from '../contracts/problems.ts'
import { isUuid, storedForm } from '../contracts/schema.ts'

/**
 * A check compiled from a schema. Throws 400 with the places and what is expected there, never the value. Ids, names
 * and usernames come out in their stored form: everything behind this compares them as text.
 */
export function checker<S extends TSchema>(schema: S): (value: unknown) => Static<S> {
  const compiled = TypeCompiler.Compile(schema)
  const stored = storedForms(schema)
  return (value) => {
    if (compiled.Check(value)) return stored ? (stored(value) as Static<S>) : value
    throw invalid(...problemsOf(compiled.Errors(value)))
  }
}

type Rewrite = (value: unknown) => unknown

/** Rewrites the texts of a valid value to their stored forms; undefined when the schema has none that differ. */
function storedForms(schema: TSchema): Rewrite | undefined {
  const form = storedForm(schema)
  if (form) return (value) => (typeof value === 'string' ? form(value) : value)
  if (Array.isArray(schema.anyOf)) {
    const forms = schema.anyOf.flatMap((form: TSchema) => storedForms(form) ?? [])
    return forms.length > 0 ? (value) => forms.reduce((stored, form) => form(stored), value) : undefined
  }
  if (schema.type === 'array' && schema.items) {
    const item = storedForms(schema.items)
    if (!item) return undefined
    return (value) =>
      Array.isArray(value) && value.some((one) => item(one) !== one) ? value.map(item) : value
  }
  const fields = Object.entries<TSchema>(schema.properties ?? {}).flatMap(([name, property]) => {
    const rewrite = storedForms(property)
    return rewrite ? [[name, rewrite] as const] : []
  })
  if (fields.length === 0) return undefined
  return (value) => {
    if (typeof value !== 'object' || value === null) return value
    // Nearly always they are in that form already: then the value is as good as a copy.
    let stored = value as Record<string, unknown>
    for (const [name, rewrite] of fields) {
      if (!Object.hasOwn(stored, name)) continue
      const next = rewrite(stored[name])
      if (next !== stored[name]) stored = { ...stored, [name]: next }
    }
    return stored
  }
}

/** Query values are text: numbers and booleans are read as what the schema says they are. Throws 400. */
export function checkQuery<S extends TSchema>(schema: S): (query: URLSearchParams) => Static<S> {
  const check = checker(schema)
  const properties: Record<string, TSchema> = schema.properties ?? {}
  return (query) => {
    const value: Record<string, unknown> = {}
    for (const [name, property] of Object.entries(properties)) {
      const texts = query.getAll(name)
      if (texts.length === 0 || (texts.length === 1 && texts[0] === '')) {
        if (property.default !== undefined) value[name] = property.default
        continue
      }
      if (texts.some((text) => text.includes('\0') || !text.isWellFormed()))
        throw invalid({ path: `/${name}`, message: 'Contains a NUL character or half of a surrogate pair.' })
      value[name] = property.type === 'array' ? texts : read(property, texts.at(-1)!)
    }
    return check(value)
  }
}

function read(property: TSchema, text: string): unknown {
  if (property.type === 'integer') return /^-?\d{1,16}$/.test(text) ? Number(text) : text
  if (property.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text.trim()
}

/** A path id; throws 400 `INVALID_ID`. */
export function pathId(text: string | undefined): string {
  const id = text?.toLowerCase() ?? ''
  if (!isUuid(id)) throw new ApiError('INVALID_ID', 'The id in the path is not a UUID.')
  return id
}
