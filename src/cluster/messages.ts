import { type TSchema, Type } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { LOG_EVENTS, PublishedBatch } from '../contracts/log-event.ts'
import { NODE_MESSAGES, type NodeMessage, ORG_MESSAGES, type OrgMessage } from '../contracts/relay.ts'
import { Closed } from '../contracts/schema.ts'

/** Checks by the `type` of a value, each compiled at its first use: of most events a node never receives one. */
class Checks {
  readonly #schemas: Readonly<Record<string, TSchema>>
  readonly #compiled = new Map<string, TypeCheck<TSchema>>()

  constructor(schemas: Readonly<Record<string, TSchema>>) {
    this.#schemas = schemas
  }

  passes(value: unknown): boolean {
    const type = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined
    if (typeof type !== 'string' || !Object.hasOwn(this.#schemas, type)) return false
    let check = this.#compiled.get(type)
    if (!check) {
      check = TypeCompiler.Compile(this.#schemas[type] ?? Type.Never())
      this.#compiled.set(type, check)
    }
    return check.Check(value)
  }
}

const events = new Checks(LOG_EVENTS)
const node_messages = new Checks(NODE_MESSAGES)
/** A batch without a look into its events: those have a compiled check each, a union is interpreted. */
const org_messages = new Checks({
  ...ORG_MESSAGES,
  batch: Closed({
    type: Type.Literal('batch'),
    batch: Closed({ ...PublishedBatch.properties, events: Type.Array(Type.Unknown(), { minItems: 1 }) }),
  }),
})

/** A message with the node that sent it. */
export interface Sent<Message> {
  from: string
  message: Message
}

export function encode(from: string, message: OrgMessage | NodeMessage): string {
  return JSON.stringify({ from, message })
}

/** A message of a topic of an org; undefined when it is none that this version knows. */
export function readOrgMessage(text: string): Sent<OrgMessage> | undefined {
  return read(text, isOrgMessage)
}

export function readNodeMessage(text: string): Sent<NodeMessage> | undefined {
  return read(text, (value): value is NodeMessage => node_messages.passes(value))
}

function isOrgMessage(value: unknown): value is OrgMessage {
  if (!org_messages.passes(value)) return false
  const message = value as OrgMessage
  return message.type !== 'batch' || isContiguous(message.batch)
}

/** Whether a batch is one piece of a log, in order. */
function isContiguous({ events: rows }: PublishedBatch): boolean {
  return rows.every(
    (event, place) => events.passes(event) && event.sequence === (rows[0]?.sequence ?? 0) + place,
  )
}

function read<Message>(text: string, is: (value: unknown) => value is Message): Sent<Message> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // Not of ours.
  }
  if (typeof value !== 'object' || value === null) return undefined
  const from: unknown = Reflect.get(value, 'from')
  const message: unknown = Reflect.get(value, 'message')
  return typeof from === 'string' && is(message) ? { from, message } : undefined
}
