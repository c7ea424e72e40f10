import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

interface Media {
  schema: object
  example?: unknown
}
export interface Operation {
  operationId: string
  summary?: string
  description?: string
  parameters?: { name: string; in: string; required?: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}
interface NamedSchema {
  discriminator?: { propertyName: string; mapping?: Record<string, string> }
}
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, NamedSchema> }
}

/** The unions of the document that streams and sockets are made of. */
export type FrameUnion = 'StreamEvent' | 'ServerFrame' | 'ClientFrame'

/** Holds answers against the API document of the server that gave them. */
export class Contract {
  readonly document: ApiDocument
  readonly #ajv = addFormats(new Ajv2020({ strict: false, allErrors: true, discriminator: true }))
  readonly #routes: { method: string; pattern: RegExp; path: string; operation: Operation }[] = []
  readonly #checks = new Map<object, ValidateFunction>()
  readonly #members = new Map<string, object>()

  constructor(document: ApiDocument) {
    this.document = document
    this.#ajv.addSchema(Object.assign({ $id: 'document' }, withoutMappings(document)))
    for (const [path, operations] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(operations)) {
        const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
        this.#routes.push({ method: method.toUpperCase(), pattern, path, operation })
      }
    // `/channels/ws` is a path of its own beside `/channels/{channel_id}`.
    this.#routes.sort(
      (a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')) || b.path.length - a.path.length,
    )
  }

  find(method: string, url: string) {
    const { pathname } = new URL(url)
    return this.#routes
      .filter((route) => route.method === method && route.pattern.test(pathname))
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0]
  }

  /** Problems of a value by a schema of the document; empty for a valid value. */
  problems(schema: object, value: unknown): string[] {
    let check = this.#checks.get(schema)
    if (!check) {
      check = this.#ajv.compile(withReferences(schema) as object)
      this.#checks.set(schema, check)
    }
    if (check(value)) return []
    return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
  }

  /** Throws when the document does not allow this frame. */
  checkFrame(union: FrameUnion, frame: unknown): void {
    const said = JSON.stringify(frame)?.slice(0, 300)
    const type = typeof frame === 'object' && frame !== null && 'type' in frame ? String(frame.type) : ''
    const member = this.document.components.schemas[union]?.discriminator?.mapping?.[type]
    if (member === undefined) throw new Error(`${said} has a type that ${union} does not list`)
    const problems = this.problems(this.#member(member), frame)
    if (problems.length > 0) throw new Error(`${said} is no ${union}: ${problems.join('; ')}`)
  }

  /** One object for each reference: compiled once. */
  #member($ref: string): object {
    let schema = this.#members.get($ref)
    if (!schema) {
      schema = { $ref }
      this.#members.set($ref, schema)
    }
    return schema
  }

  /** Throws when the document does not allow this answer. */
  check(method: string, url: string, status: number, body: unknown, content_type: string | null): void {
    const route = this.find(method, url)
    const answer = `${method} ${new URL(url).pathname} answered ${status} ${JSON.stringify(body)?.slice(0, 300)}`
    if (!route) {
      // An unknown path must be 404, in the standard error shape.
      if (status === 404 && this.problems(ERROR, body).length === 0) return
      throw new Error(`${answer}, which no operation of the document does`)
    }
    const described = route.operation.responses[status]
    if (!described) throw new Error(`${answer}, which ${route.operation.operationId} does not list`)
    const media = described.content
    if (!media) {
      if (body === undefined || body === '') return
      throw new Error(`${answer} with a body, which ${route.operation.operationId} does not have`)
    }
    const type = content_type?.split(';')[0] ?? ''
    const found = media[type]
    if (!found) throw new Error(`${answer} as ${type}, which ${route.operation.operationId} does not list`)
    const problems = this.problems(found.schema, body)
    if (problems.length > 0) throw new Error(`${answer}: ${problems.join('; ')}`)
    if (status < 400) return
    const { code } = (body as { error: { code: string } }).error
    if (!described.description.includes(`\`${code}\``))
      throw new Error(`${answer}: ${route.operation.operationId} does not list the code ${code}`)
  }
}

const ERROR = { $ref: '#/components/schemas/Error' }

/** Ajv discriminates a union by its constants and accepts no mapping beside them. */
function withoutMappings(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutMappings(item))
  if (typeof value !== 'object' || value === null) return value
  if (key === 'discriminator' && 'propertyName' in value) return { propertyName: value.propertyName }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutMappings(item, name)]))
}

function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? `document${item}` : withReferences(item),
    ]),
  )
}

let contract: Promise<Contract> | undefined

/** The contract of the servers that these tests start: all speak the same. */
export async function contractOf(url: string): Promise<Contract> {
  contract ??= (async () => new Contract((await (await fetch(`${url}/docs/json`)).json()) as ApiDocument))()
  return await contract
}
