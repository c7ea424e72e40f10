import { exampleOf } from '../../../src/http/examples.ts'
import type { ApiDocument } from '../../support/contract.ts'
import type { Described } from '../../support/operations.ts'

/** JSON Schema as far as the API document uses it for requests. */
export interface Schema {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  enum?: string[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
}

export type Step = string | number

/** One field of a request: where it is, what it may be, and how to send a value there. */
export interface Field {
  /** Of the operation and the place: the name of a test. */
  name: string
  described: Described
  /** As a refusal names it. */
  pointer: string
  schema: Schema
  nullable: boolean
  /** The request with this value there, otherwise good. */
  place(value: unknown): { query?: string; body?: unknown }
}

type Named = Record<string, Schema>

/** Every field of bodies and queries of the API document. */
export function fieldsOf(document: ApiDocument, operations: readonly Described[]): Field[] {
  const named = document.components.schemas as Named
  return operations.flatMap((described) => [...queryFields(described), ...bodyFields(described, named)])
}

function queryFields(described: Described): Field[] {
  return (described.operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => ({
      name: `${described.name} ?${name}`,
      described,
      pointer: `/${name}`,
      schema,
      nullable: false,
      place(value) {
        const query = new URLSearchParams()
        for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item))
        return { query: query.toString() }
      },
    }))
}

function bodyFields(described: Described, named: Named): Field[] {
  const schema = described.operation.requestBody?.content['application/json']?.schema as Schema | undefined
  if (!schema) return []
  const branches = schema.anyOf ?? [schema]
  return branches.flatMap((branch) => {
    const base = withoutIds(exampleOf(branch, named, '', false))
    const label = branches.length > 1 ? ` (${String(branch.properties?.type?.const)})` : ''
    const fields: Field[] = []
    walk(branch, [], (steps, found, nullable) => {
      const pointer = steps.map((step) => `/${step}`).join('')
      fields.push({
        name: `${described.name}${label} ${pointer}`,
        described,
        pointer,
        schema: found,
        nullable,
        place: (value) => ({ body: placed(base, steps, value, branch, named) }),
      })
    })
    // The settings are a patch of what the resource shows.
    if (branch.properties?.settings && named.OrgSettings)
      walk(named.OrgSettings, ['settings'], (steps, found) => {
        const pointer = steps.map((step) => `/${step}`).join('')
        fields.push({
          name: `${described.name} ${pointer}`,
          described,
          pointer,
          schema: found,
          // Null takes a setting back to its default; items are no settings.
          nullable: typeof steps.at(-1) === 'string',
          place: (value) => ({ body: placed({}, steps, value) }),
        })
      })
    return fields
  })
}

/** Visits every field below a schema, the fields of items as those of the first item. */
function walk(
  schema: Schema,
  steps: Step[],
  visit: (steps: Step[], schema: Schema, nullable: boolean) => void,
): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const nullable = property.anyOf?.some(({ type }) => type === 'null') ?? false
    const found = nullable ? (property.anyOf?.find(({ type }) => type !== 'null') ?? property) : property
    const here = [...steps, key]
    visit(here, found, nullable)
    if (found.items && !found.items.properties) visit([...here, 0], found.items, false)
    if (found.items?.properties) walk(found.items, [...here, 0], visit)
    if (found.properties) walk(found, here, visit)
  }
}

/** Ids of an example are nobody's: without them the rest is judged. */
function withoutIds(example: unknown): Record<string, unknown> {
  const entries = Object.entries(example as Record<string, unknown>)
  return Object.fromEntries(entries.filter(([key]) => !/_ids?$/.test(key) || key === 'client_id'))
}

/** A copy with a value at a place; what lies on the way there is made from the schema's example. */
function placed(base: object, steps: Step[], value: unknown, schema?: Schema, named: Named = {}): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  const below = typeof step === 'number' ? schema?.items : schema?.properties?.[step]
  const found = below?.anyOf?.find(({ type }) => type !== 'null') ?? below
  const empty = typeof rest[0] === 'number' ? [] : {}
  const there =
    (base as Record<Step, unknown>)[step] ?? (found ? exampleOf(found, named, String(step), true) : empty)
  const inner = rest.length === 0 ? value : placed(Object(there), rest, value, found, named)
  if (Array.isArray(base)) return [inner]
  return { ...base, [step]: inner }
}
