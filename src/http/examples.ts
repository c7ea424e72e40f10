/** JSON Schema as the document holds it, as far as examples need it. */
interface Schema {
  $ref?: string
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  minItems?: number
  minimum?: number
  default?: unknown
  examples?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  pattern?: string
}

const ID = '01a20e24-6413-704b-83c8-98498d244d67'
const TIME = '2026-11-24T12:16:00.000Z'

/** What fields of these names hold in an example, when their schema says nothing closer. */
const BY_NAME: Record<string, unknown> = {
  org_slug: 'fieldnote',
  slug: 'fieldnote',
  confirm: 'fieldnote',
  name: 'Offline sync',
  org_name: 'Fieldnote',
  title: 'Resume uploads after an app kill',
  description: 'Entries of the last session must be uploaded after a restart.',
  content: 'Reproduced. **12 queued**, 4 uploaded, 8 waiting.',
  display_name: 'Ines Carvalho',
  username: 'ines-carvalho',
  identifier: 'forge',
  email: 'ines@example.com',
  password: 'a quiet harbour 42',
  token: 'q3vXo0…',
  api_key: 'mc_ak_live_87pkF3C8kWBw_REysZ9pOqaP3AGPPZggfDhAPOTd2Ma',
  prefix: 'mc_ak_live_87pk',
  invite_url: 'https://mc.example.com/invite/q3vXo0',
  label: 'Specification',
  url: 'https://git.example.com/app/pulls/412',
  comment: 'The kill test passes 50 of 50.',
  client_id: 'c-1',
  model: 'claude-sonnet',
  instructions: 'Write a test that kills the app after the fourth upload.',
  schedule_cron: '0 2 * * *',
  next_cursor: null,
  detail: null,
  version: 3,
  api_version: '2026.1',
  min_bridge_version: '0.1.0',
  email_from_address: 'mission-control@example.com',
  domain: 'example.com',
  order: 'desc',
}

/**
 * A value that the schema allows, the same every time. Optional fields of requests (`whole` false) are left out, but for
 * those that say most.
 */
export function exampleOf(
  schema: Schema,
  named: Record<string, Schema>,
  name = '',
  whole = true,
  depth = 0,
): unknown {
  if (schema.$ref) return exampleOf(named[schema.$ref.split('/').at(-1)!] ?? {}, named, name, whole, depth)
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (schema.examples?.[0] !== undefined) return schema.examples[0]
  if (schema.anyOf) {
    const nullable = schema.anyOf.some(({ type }) => type === 'null')
    if (nullable && (BY_NAME[name] === null || depth > 3)) return null
    return exampleOf(schema.anyOf[0]!, named, name, whole, depth)
  }
  if (schema.oneOf) return exampleOf(schema.oneOf[0]!, named, name, whole, depth)
  if (schema.enum) return schema.enum[0]
  if (schema.properties) {
    const required = new Set(schema.required ?? [])
    const all = Object.entries(schema.properties)
    const chosen = all.filter(([key]) => whole || required.has(key) || SHOWN.has(key))
    const shown = chosen.length > 0 ? chosen : all
    return Object.fromEntries(
      shown.map(([key, value]) => [key, exampleOf(value, named, key, whole, depth + 1)]),
    )
  }
  if (schema.type === 'array') {
    const wanted = Math.max(schema.minItems ?? 0, depth > 2 ? 0 : 1)
    return Array.from({ length: wanted }, () => exampleOf(schema.items ?? {}, named, name, whole, depth + 1))
  }
  if (schema.format === 'uuid') return ID
  if (schema.format === 'date-time') return TIME
  const known = BY_NAME[name]
  if (schema.type === 'integer' || schema.type === 'number')
    return typeof known === 'number' ? known : Math.max(1, schema.minimum ?? 1)
  if (schema.type === 'boolean') return false
  if (schema.type === 'object') return {}
  if (schema.type === 'null') return null
  return typeof known === 'string' ? known : 'text'
}

/** Optional fields that a request's example shows. */
const SHOWN = new Set(['description', 'client_id', 'project_ids', 'assignee_ids', 'comment', 'priority'])
