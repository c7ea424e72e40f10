import { Kind, KindGuard, type TSchema } from '@sinclair/typebox'
import { ERROR_STATUS, ErrorBody, type ErrorCode } from '../contracts/errors.ts'
import { EVENTS, EventEnvelope, STREAM_CONTROLS, StreamEnvelope } from '../contracts/events.ts'
import { CLIENT_FRAMES, ClientFrame, SERVER_FRAMES, ServerFrame } from '../contracts/frames.ts'
import { RESOURCES } from '../contracts/resources.ts'
import type { Action } from '../domain/access.ts'
import { ACTIONS, type Rule } from '../domain/access.ts'

/** An operation as the API document describes it. */
export interface Documentation {
  summary: string
  description?: string
  tag: string
  /** Status and schema of the successful answer. */
  ok: {
    status: 200 | 201 | 204 | 302 | 101
    schema?: TSchema
    description?: string
    content_type?: string | readonly string[]
  }
  /** Answers 304 to a caller that has the answer. */
  not_modified?: true
  /** Set when a repeated request is answered 200 with what is stored. */
  repeatable?: boolean
  /** Set when the answer is 200 with something that is there already. */
  also_ok?: string
  errors?: readonly ErrorCode[]
  action?: Action
  body?: TSchema
  /** The body may also be a form. */
  form?: boolean
  /** A body may be left out. */
  body_optional?: boolean
  query?: TSchema
  /** No credentials needed. */
  open?: boolean
  params?: Record<string, string>
}

const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data']

const ALWAYS: readonly ErrorCode[] = ['RATE_LIMITED', 'UNAVAILABLE', 'INTERNAL']
const WITH_BODY: readonly ErrorCode[] = [
  'VALIDATION_FAILED',
  'INVALID_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]

const WITH_CREDENTIALS: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'INVALID_API_KEY',
  'SESSION_EXPIRED',
  'SESSION_REVOKED',
  'OTHER_USER',
]

/** The OpenAPI 3.1 operation object of an endpoint; types of UI and bridge come from the same schemas. */
export function describe(doc: Documentation) {
  const codes = new Set<ErrorCode>([...(doc.errors ?? []), ...ALWAYS])
  if (doc.body) for (const code of WITH_BODY) codes.add(code)
  if (doc.query) codes.add('VALIDATION_FAILED')
  if (!doc.open) for (const code of WITH_CREDENTIALS) codes.add(code)
  if (doc.action) for (const code of refusalsOf(doc.action)) codes.add(code)
  const responses: Record<string, unknown> = { [doc.ok.status]: good(doc) }
  if (doc.repeatable) responses[200] = { ...good(doc), description: 'A repeat: what is stored.' }
  if (doc.also_ok !== undefined) responses[200] = { ...good(doc), description: doc.also_ok }
  if (doc.not_modified) responses[304] = { description: 'The caller has it.' }
  for (const [status, listed] of byStatus(codes)) responses[status] = refusalResponse(listed)
  return {
    summary: doc.summary,
    description: [doc.description ?? '', permission(doc)].filter(Boolean).join('\n\n'),
    tags: [doc.tag],
    ...(doc.open ? { security: [] } : {}),
    ...(doc.query ? { parameters: queryParameters(doc.query) } : {}),
    ...(doc.body
      ? {
          requestBody: {
            required: !doc.body_optional,
            content: Object.fromEntries(
              (doc.form ? ['application/json', ...FORMS] : ['application/json']).map((type) => [
                type,
                { schema: schemaOf(doc.body as TSchema) },
              ]),
            ),
          },
        }
      : {}),
    responses,
  } as Record<string, unknown>
}

function good({ ok }: Documentation) {
  const types = [ok.content_type ?? (ok.schema ? 'application/json' : [])].flat()
  const schema = ok.schema ? schemaOf(ok.schema) : { type: 'string' }
  const content =
    types.length > 0 ? { content: Object.fromEntries(types.map((type) => [type, { schema }])) } : {}
  return {
    description: ok.description ?? (ok.status === 204 ? 'Done.' : 'Done; the answer is the resource.'),
    ...content,
  }
}

/** The schemas of `components.schemas`: resources, refusals, every event of streams and every frame of WebSockets. */
const NAMED: Readonly<Record<string, TSchema>> = {
  ...RESOURCES,
  Error: ErrorBody,
  Event: EventEnvelope,
  StreamEvent: StreamEnvelope,
  ClientFrame,
  ServerFrame,
  ...prefixed('Event', EVENTS),
  ...prefixed('StreamEvent', STREAM_CONTROLS),
  ...prefixed('ClientFrame', CLIENT_FRAMES),
  ...prefixed('ServerFrame', SERVER_FRAMES),
}

const NAMES = new Map<unknown, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]))

/** `task.created` of `Event` is named `EventTaskCreated`. */
function prefixed(prefix: string, schemas: Readonly<Record<string, TSchema>>): Record<string, TSchema> {
  const pascal = (type: string) =>
    type
      .split(/[._]/)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join('')
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [prefix + pascal(type), schema]))
}

/** Named schemas are referred to, everything else is written out. */
export function schemaOf(schema: TSchema): unknown {
  const name = NAMES.get(schema)
  return name === undefined ? writtenOut(schema) : { $ref: `#/components/schemas/${name}` }
}

/** Schemas by name, for `components.schemas`. */
export function namedSchemas(): Record<string, unknown> {
  return Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, writtenOut(schema)]))
}

function writtenOut(schema: TSchema): unknown {
  const copy = Object.fromEntries(Object.entries(schema).map(([key, item]) => [key, copied(item)]))
  return schema[Kind] === 'TaggedUnion' ? { ...copy, discriminator: discriminatorOf(schema.oneOf) } : copy
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied)
  if (typeof value !== 'object' || value === null) return value
  if (NAMES.has(value)) return { $ref: `#/components/schemas/${NAMES.get(value)}` }
  if (KindGuard.IsSchema(value)) return writtenOut(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]))
}

/** Which schema a `type` stands for. */
function discriminatorOf(members: TSchema[]) {
  const mapping = members.map((member) => [
    member.properties.type.const,
    `#/components/schemas/${NAMES.get(member)}`,
  ])
  return { propertyName: 'type', mapping: Object.fromEntries(mapping) }
}

function queryParameters(query: TSchema) {
  const required = new Set<string>(query.required ?? [])
  return Object.entries<TSchema>(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    ...(schema.description ? { description: schema.description } : {}),
    schema: writtenOut(schema),
  }))
}

function refusalsOf(action: Action): ErrorCode[] {
  const rule: Rule = ACTIONS[action]
  const codes: ErrorCode[] = ['ORG_NOT_FOUND', 'INVALID_ID']
  if (rule.contributor === 'forbidden') codes.push('FORBIDDEN')
  if (rule.sub_agent === 'not_found') codes.push('NOT_FOUND')
  if (rule.read_only !== 'yes') codes.push('ORG_READ_ONLY')
  return codes
}

/** The permission of an operation in words, from the table of rights. */
function permission({ action, open }: Documentation): string {
  if (open) return 'Permission: anybody.'
  if (!action) return 'Permission: anybody who is signed in.'
  const rule: Rule = ACTIONS[action]
  const members = rule.contributor === 'yes' ? ['administrator', 'contributor'] : ['administrator']
  const sub_agents = rule.sub_agent === 'yes' ? ['sub-agent (within its task)'] : []
  const who = rule.only === 'sub_agent' ? sub_agents : [...members, ...sub_agents]
  const when = rule.read_only === 'yes' ? ' Works in a read-only org.' : ''
  return `Permission: \`${action}\` — ${who.join(', ')}.${when}`
}

function byStatus(codes: Iterable<ErrorCode>): Map<number, ErrorCode[]> {
  const grouped = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const status = ERROR_STATUS[code]
    grouped.set(status, [...(grouped.get(status) ?? []), code])
  }
  return new Map([...grouped].sort(([a], [b]) => a - b))
}

/** A refusal with the codes that it may have. */
export function refusalResponse(codes: ErrorCode[]) {
  return {
    description: codes
      .sort()
      .map((code) => `\`${code}\``)
      .join(', '),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}
