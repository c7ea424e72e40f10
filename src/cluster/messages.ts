import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { LogEvent, PublishedBatch } from '../contracts/log-event.ts'
import { NODE_MESSAGES, type NodeMessage, ORG_MESSAGES, type OrgMessage } from '../contracts/relay.ts'
import { Closed, TaggedUnion } from '../contracts/schema.ts'

const event = TypeCompiler.Compile(LogEvent)
const node_message = TypeCompiler.Compile(TaggedUnion(NODE_MESSAGES))
/** A batch without a look into its events. */
const org_message = TypeCompiler.Compile(
  TaggedUnion({
    ...ORG_MESSAGES,
    batch: Closed({
      type: Type.Literal('batch'),
      batch: Closed({ ...PublishedBatch.properties, events: Type.Array(Type.Unknown(), { minItems: 1 }) }),
    }),
  }),
)

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
  return read(text, (value): value is NodeMessage => node_message.Check(value))
}

function isOrgMessage(value: unknown): value is OrgMessage {
  if (!org_message.Check(value)) return false
  const message = value as OrgMessage
  return message.type !== 'batch' || isContiguous(message.batch)
}

/** Whether a batch is one piece of a log, in order. */
function isContiguous({ events: rows }: PublishedBatch): boolean {
  return rows.every((row, place) => event.Check(row) && row.sequence === (rows[0]?.sequence ?? 0) + place)
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
