import { Kind, type TSchema } from '@sinclair/typebox'
import type { ValueError, ValueErrorIterator } from '@sinclair/typebox/errors'
import type { Problem } from './errors.ts'
import { LIMITS } from './limits.ts'
import { lineProblem, nameProblem, tidyLine, tidyName } from './names.ts'
import { rangeProblem } from './setting-limits.ts'

/** More than a person reads at once; the rest is reported after these are fixed. */
const PROBLEMS_MAX = 20
/** A name may be as long as a body: an answer shows its beginning. */
const PATH_MAX = 200

/**
 * Problems of a value, from its schema's errors: the location, as a JSON pointer below `prefix`, and the expectation
 * there. Never the value itself.
 */
export function problemsOf(errors: Iterable<ValueError>, prefix = ''): Problem[] {
  const found: Problem[] = []
  for (const problem of each(errors)) {
    if (found.length >= PROBLEMS_MAX) break
    const path = `${prefix}${problem.path}`.slice(0, PATH_MAX)
    if (!found.some((earlier) => earlier.path === path)) found.push({ path, message: problem.message })
  }
  return found
}

function* each(errors: Iterable<ValueError>): Generator<Problem> {
  for (const error of errors) {
    const { anyOf } = error.schema
    if (Array.isArray(anyOf)) yield* ofUnion(error, anyOf)
    else yield { path: error.path, message: nameOf(error) ?? explain(error.schema, error.message) }
  }
}

/**
 * A union is checked against the intended member: the one that is not null, or the one selected by its discriminator.
 */
function* ofUnion({ path, value, errors }: ValueError, forms: TSchema[]): Generator<Problem> {
  const real = forms.filter((form) => form.type !== 'null')
  const [only] = real
  if (real.length === 1 && only) return yield* each(at(errors, forms.indexOf(only)))
  const key = Object.keys(only?.properties ?? {}).find((name) =>
    real.every((form) => form.properties?.[name]?.const !== undefined),
  )
  if (key === undefined || typeof value !== 'object' || value === null)
    return yield { path, message: 'Expected object.' }
  const word: unknown = Reflect.get(value, key)
  const meant = real.find((form) => form.properties[key].const === word)
  if (meant) return yield* each(at(errors, forms.indexOf(meant)))
  const words = real.map((form) => String(form.properties[key].const))
  yield { path: `${path}/${key}`, message: `Must be one of: ${words.join(', ')}.` }
}

const at = (errors: ValueErrorIterator[], place: number): Iterable<ValueError> => errors[place] ?? []

/** The problem of a name, or of a line of text, of fitting length. */
function nameOf({ schema, value }: ValueError): string | undefined {
  if (typeof value !== 'string' || value.length > schema.maxLength) return undefined
  if (schema[Kind] === 'Name') return nameProblem(tidyName(value))
  return schema[Kind] === 'Line' ? lineProblem(tidyLine(value)) : undefined
}

/** What is expected, from the schema: the names of kinds mean nothing to a reader. */
function explain(schema: TSchema, message: string): string {
  const { type, enum: words, minLength, maxLength, minimum, maximum, format, pattern } = schema
  if (message.startsWith('Unexpected property')) return 'There is no such field.'
  if (message.startsWith('Expected required property')) return 'Is required.'
  if (Array.isArray(words)) return `Must be one of: ${words.join(', ')}.`
  if (schema[Kind] === 'FreeForm')
    return `Must be an object of at most ${LIMITS.free_form_bytes_max / 1024} KiB.`
  if (schema[Kind] === 'Username')
    return `Must be 1 to ${maxLength} letters of one script, digits, and between them dots, hyphens or underscores.`
  if (format === 'uuid') return 'Must be a UUID.'
  if (format === 'date-time') return 'Must be a time of ISO 8601 with its zone, or a date.'
  if (format === 'uri') return 'Must be an absolute https URL of at most 2,048 characters.'
  if (type === 'string' && maxLength !== undefined) {
    const length = `Must be text of ${minLength ?? 0} to ${maxLength} characters`
    return pattern ? `${length} of the form ${pattern}.` : `${length}.`
  }
  if (type === 'integer' && minimum !== undefined && maximum !== undefined)
    return rangeProblem({ minimum, maximum })
  return `${message}.`
}
