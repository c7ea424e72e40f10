import { swagger } from '@elysiajs/swagger'
import { Elysia } from 'elysia'
import type { ErrorCode } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import { API_VERSION } from '../contracts/version.ts'
import { PROVIDERS } from '../contracts/vocabulary.ts'
import { namedSchemas, refusalResponse } from './document.ts'
import { exampleOf } from './examples.ts'

interface Parameter {
  name?: string
  in?: string
  required?: boolean
  description?: string
  schema?: object
}

interface Operation {
  /** Set where it differs from that of the document: empty for what anybody may call. */
  security?: unknown[]
  operationId?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> }
  responses: Record<
    string,
    { description?: string; content?: Record<string, { schema: object; example?: unknown }> }
  >
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

/** The OpenAPI 3.1 document of the routes: Elysia's own, completed with operation ids, headers and examples. */
export async function openApi(addRoutes: (app: Elysia) => unknown, base_path: string): Promise<string> {
  const app = new Elysia().use(
    swagger({
      path: '/docs',
      specPath: '/docs/json',
      documentation: {
        openapi: '3.1.0',
        info: {
          title: 'Mission Control',
          version: API_VERSION,
          description: 'HTTP API of Mission Control.',
        },
        components: {
          schemas: namedSchemas() as never,
          securitySchemes: {
            api_key: { type: 'http', scheme: 'bearer', description: 'An agent’s API key.' },
            session: {
              type: 'apiKey',
              in: 'cookie',
              name: 'mc_session',
              description: 'A signed-in person; writes also need X-CSRF-Token.',
            },
          },
        },
        ...(base_path === '' ? {} : { servers: [{ url: base_path }] }),
        security: [{ api_key: [] }, { session: [] }],
      },
    }),
  )
  addRoutes(app as never)
  const answer = await app.handle(new Request('http://localhost/docs/json'))
  const document = (await answer.json()) as OpenApi
  for (const [path, operations] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(operations))
      finish(operation, method, path, document.components.schemas)
  return JSON.stringify(document)
}

/** Refusals that every write may get: its body is always read, and a browser has to send a CSRF token. */
const EVERY_WRITE: readonly [number, readonly ErrorCode[]][] = [
  [400, ['INVALID_JSON', 'VALIDATION_FAILED']],
  [403, ['CSRF_VALIDATION_FAILED']],
  [413, ['PAYLOAD_TOO_LARGE']],
  [415, ['UNSUPPORTED_MEDIA_TYPE']],
  [503, ['OUTCOME_UNKNOWN', 'UNAVAILABLE']],
]

function addCodes(operation: Operation, status: number, codes: readonly ErrorCode[]): void {
  const listed = operation.responses[status]?.description?.matchAll(/`(\w+)`/g) ?? []
  const all = new Set([...[...listed].map(([, code]) => code as ErrorCode), ...codes])
  operation.responses[status] = refusalResponse([...all])
}

function finish(operation: Operation, method: string, path: string, named: Record<string, object>): void {
  operation.operationId = operationId(method, path)
  for (const parameter of operation.parameters ?? [])
    if (parameter.in === 'path') Object.assign(parameter, pathParameter(parameter.name ?? ''))
  const headers: Parameter[] = []
  if (operation.security === undefined)
    headers.push({
      name: 'X-MC-User',
      in: 'header',
      required: false,
      description: 'The user that a page was drawn for. If another one is signed in now: 409 `OTHER_USER`.',
      schema: { type: 'string', format: 'uuid' },
    })
  if (method === 'post' && path.startsWith('/api/v1/'))
    headers.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key within 24 hours answers what the first request was answered.',
      schema: { type: 'string', minLength: 1, maxLength: LIMITS.idempotency_key_max },
    })
  if ('412' in operation.responses)
    headers.push({
      name: 'If-Match',
      in: 'header',
      required: false,
      description: 'The version that was read, in quotes; a stale one is refused.',
      schema: { type: 'string' },
    })
  if (headers.length > 0) operation.parameters = [...(operation.parameters ?? []), ...headers]
  if (method !== 'get') for (const [status, codes] of EVERY_WRITE) addCodes(operation, status, codes)
  for (const content of Object.values(operation.requestBody?.content ?? {}))
    content.example = exampleOf(content.schema, named, '', false)
  for (const [status, { content }] of Object.entries(operation.responses))
    for (const [type, body] of Object.entries(content ?? {}))
      if (type === 'application/json' && Number(status) < 300) body.example = exampleOf(body.schema, named)
}

/** Schema and description of a path parameter; to Elysia it is just text. */
function pathParameter(name: string): Pick<Parameter, 'description' | 'schema'> {
  const uuid = { type: 'string', format: 'uuid' }
  if (name === 'org_slug')
    return {
      description: 'Address of the organization.',
      schema: { type: 'string', minLength: LIMITS.org_slug_min, maxLength: LIMITS.org_slug_max },
    }
  if (name === 'user_id')
    return { description: 'A member; `me` is the caller.', schema: { anyOf: [uuid, { const: 'me' }] } }
  if (name === 'sub_agent_id')
    return {
      description: 'A sub-agent; `me` is the calling one.',
      schema: { anyOf: [uuid, { const: 'me' }] },
    }
  if (name === 'seq')
    return { description: 'Number of the message.', schema: { type: 'integer', minimum: 1 } }
  if (name === 'job')
    return { description: 'Id of the job.', schema: { type: 'string', pattern: '^[1-9][0-9]{0,17}$' } }
  if (name === 'provider')
    return { description: 'A sign-in provider.', schema: { type: 'string', enum: [...PROVIDERS] } }
  if (name === 'token') return { description: 'Last part of the link.', schema: { type: 'string' } }
  return { description: 'Id of the resource.', schema: uuid }
}

/** `POST /api/v1/orgs/{org_slug}/tasks/{task_id}/transition` is `postTaskTransition`. */
function operationId(method: string, path: string): string {
  const parts = path.replace('/api/v1/orgs/{org_slug}/', '/').replace('/api/v1/', '/').split('/').slice(1)
  const words = parts.flatMap((part, i) => {
    if (part.startsWith('{')) return []
    const one = parts[i + 1]?.startsWith('{') ? part.replace(/ies$/, 'y').replace(/s$/, '') : part
    return one.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  })
  return method + words.join('')
}
