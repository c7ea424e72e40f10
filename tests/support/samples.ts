import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { exampleOf } from '../../src/http/examples.ts'

/** A value of a schema, the same every time; `rest` says what a test cares about. */
export function sampleOf<S extends TSchema>(schema: S, rest: Partial<Static<S>> = {}): Static<S> {
  const example = exampleOf(schema, {})
  const value = typeof example === 'object' && example !== null ? { ...example, ...rest } : example
  if (Value.Check(schema, value)) return value
  const [problem] = Value.Errors(schema, value)
  throw new Error(`no sample of ${schema.title ?? 'the schema'}: ${problem?.path} ${problem?.message}`)
}
