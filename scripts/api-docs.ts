/**
 * `bun scripts/api-docs.ts`: writes the reference in docs/api.md from the API document of a server that it starts. A test
 * compares them.
 */
import { join } from 'node:path'
import { startServer } from '../tests/support/server.ts'

const PAGE = join(import.meta.dir, '..', 'docs', 'api.md')
const BEGIN =
  '<!-- reference: written by `bun scripts/api-docs.ts` from the API document; a test compares them -->'
const END = '<!-- end of reference -->'
const ORG = '/api/v1/orgs/{org_slug}'

interface Schema {
  $ref?: string
  type?: string | string[]
  format?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  description?: string
  default?: unknown
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  maxItems?: number
  pattern?: string
}

interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

/** What every call may be answered, or every call of its kind: told once, above the reference. */
const EVERYWHERE = new Set([
  ...['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL', 'VALIDATION_FAILED', 'INVALID_JSON', 'PAYLOAD_TOO_LARGE'],
  ...['UNSUPPORTED_MEDIA_TYPE', 'CSRF_VALIDATION_FAILED', 'OUTCOME_UNKNOWN', 'INVALID_ID', 'ORG_NOT_FOUND'],
  ...['UNAUTHENTICATED', 'INVALID_API_KEY', 'SESSION_EXPIRED', 'SESSION_REVOKED', 'OTHER_USER'],
])

/** The page with its reference as the document says it. Throws when the page lacks the marks. */
export function withReference(page: string, document: ApiDocument): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/api.md lacks the lines “${BEGIN}” and “${END}”`)
  return `${before}${BEGIN}\n\n${reference(document)}\n\n${END}${after}`
}

function reference({ paths, components: { schemas } }: ApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = Object.entries(Object.groupBy(operations, ({ operation }) => operation.tags?.[0] ?? 'Other'))
  const resources = Object.entries(schemas).filter(
    ([name]) => !/^(?:Event|StreamEvent|ClientFrame|ServerFrame)/.test(name),
  )
  const events = Object.entries(schemas).flatMap(([name, schema]) =>
    /^Event[A-Z]/.test(name) ? [eventLine(schema)] : [],
  )
  return [
    ...tags.flatMap(([tag, all]) => [
      `## ${tag}`,
      ...(all ?? []).map(({ path, method, operation }) => operationText(path, method, operation)),
    ]),
    '## Resources',
    'Every field is present; `| null` says that it may be empty.',
    ...resources.map(([name, schema]) => `### ${name}\n\n${fields(schema)}`),
    '## Events',
    'The types of the event log and of its streams, with the fields of `payload`. The envelope is described in [realtime.md](realtime.md).',
    ['| type | payload |', '|---|---|', ...events].join('\n'),
  ].join('\n\n')
}

function operationText(path: string, method: string, operation: Operation): string {
  const short = path.startsWith(`${ORG}/`) ? path.slice(ORG.length) : path
  const name = `### ${method.toUpperCase()} ${short}`
  const query = (operation.parameters ?? []).filter((one) => one.in === 'query')
  const body = operation.requestBody?.content['application/json']?.schema
  const lines = [
    query.length > 0
      ? `- Query: ${query.map(({ name, description: text, schema }) => `\`${name}\` ${typeOf(schema)}${note(text)}`).join('; ')}`
      : undefined,
    body
      ? `- Body${operation.requestBody?.required === false ? ' (may be left out)' : ''}: ${bodyOf(body)}`
      : undefined,
    `- Answer: ${answersOf(operation)}`,
    refusals(operation),
  ].filter((line) => line !== undefined)
  return [name, `${operation.summary ?? ''}.`, operation.description, lines.join('\n')]
    .filter(Boolean)
    .join('\n\n')
}

const note = (text: string | undefined) => (text === undefined ? '' : ` (${text.replace(/\.$/, '')})`)

function bodyOf(schema: Schema): string {
  if (schema.anyOf ?? schema.oneOf)
    return (schema.anyOf ?? schema.oneOf ?? []).map((one) => bodyOf(one)).join(', or ')
  if (!schema.properties) return typeOf(schema)
  const required = new Set(schema.required)
  return Object.entries(schema.properties)
    .map(
      ([name, one]) =>
        `\`${name}\` ${typeOf(one)}${required.has(name) ? ', required' : ''}${note(one.description)}`,
    )
    .join('; ')
}

function answersOf({ responses }: Operation): string {
  return Object.entries(responses)
    .filter(([status]) => Number(status) < 400)
    .map(([status, { description, content }]) => {
      const [type, media] = Object.entries(content ?? {})[0] ?? []
      const what =
        media === undefined ? '' : type === 'application/json' ? ` ${typeOf(media.schema)}` : ` \`${type}\``
      const said = /^Done/.test(description) ? '' : `: ${description.replace(/\.$/, '')}`
      return `${status}${what}${said}`
    })
    .join('; ')
}

function refusals({ responses }: Operation): string | undefined {
  const special = Object.entries(responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { description }]) => {
      const codes = [...description.matchAll(/`(\w+)`/g)].flatMap(([, code]) => code ?? [])
      const own = codes.filter((code) => !EVERYWHERE.has(code))
      return own.length > 0 ? [`${status} ${own.map((code) => `\`${code}\``).join(', ')}`] : []
    })
  return special.length > 0 ? `- Refusals of its own: ${special.join('; ')}` : undefined
}

/** The type of a schema in a few words. Markup of tables is escaped. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return /^(?:Event|StreamEvent|ClientFrame|ServerFrame)$/.test(name)
      ? `[${name}](#events)`
      : `[${name}](#${name.toLowerCase()})`
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((one) => `\`${String(one)}\``).join(' \\| ')
  const members = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (members) return [...new Set(members.map(typeOf))].join(' \\| ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.properties) {
    const named = Object.entries(schema.properties).map(([name, one]) => `\`${name}\` ${typeOf(one)}`)
    return named.length > 0 ? `{${named.join(', ')}}` : '{}'
  }
  if (schema.type === 'object') return 'object'
  const bounds = boundsOf(schema)
  return `${schema.format ?? schema.type ?? 'anything'}${bounds === '' ? '' : ` ${bounds}`}`
}

function boundsOf({ format, minLength = 0, maxLength, minimum, maximum }: Schema): string {
  if (format !== undefined) return ''
  if (maxLength !== undefined) return minLength > 1 ? `of ${minLength}–${maxLength}` : `≤ ${maxLength}`
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    return `${minimum}–${maximum}`
  return ''
}

function fields(schema: Schema): string {
  if (!schema.properties) return typeOf(schema)
  return [
    '| field | type | |',
    '|---|---|---|',
    ...Object.entries(schema.properties).map(
      ([name, one]) => `| \`${name}\` | ${typeOf(one)} | ${(one.description ?? '').replaceAll('|', '\\|')} |`,
    ),
  ].join('\n')
}

function eventLine({ properties }: Schema): string {
  const payload = properties?.payload
  const text = payload ? typeOf(payload).replace(/^\{(.*)\}$/s, '$1') : ''
  return `| \`${String(properties?.type?.const)}\` | ${text} |`
}

if (import.meta.main) {
  const server = await startServer()
  try {
    const document = (await (await fetch(`${server.url}/docs/json`)).json()) as ApiDocument
    await Bun.write(PAGE, withReference(await Bun.file(PAGE).text(), document))
    console.log('wrote the reference in docs/api.md')
  } finally {
    await server.stop()
  }
  process.exit(0)
}
