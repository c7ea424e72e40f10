import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { AuthenticatedPrincipal } from '../../src/contracts/principal.ts'
import { exampleOf } from '../../src/http/examples.ts'

/** A value of a schema, the same every time; `rest` says what a test cares about. */
export function sampleOf<S extends TSchema>(schema: S, rest: Partial<Static<S>> = {}): Static<S> {
  const example = exampleOf(schema, {})
  const fields = typeof example === 'object' && example !== null && !Array.isArray(example)
  const value = fields ? { ...example, ...rest } : example
  if (Value.Check(schema, value)) return value
  const [problem] = Value.Errors(schema, value)
  throw new Error(`no sample of ${schema.title ?? 'the schema'}: ${problem?.path} ${problem?.message}`)
}

/** A person as a principal, before its role is known. */
export function personOf(id: string): AuthenticatedPrincipal {
  return { kind: 'human', id, display_name: id, org_id: null, role: null }
}
