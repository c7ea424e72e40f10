import type { LogEvent } from '../contracts/log-event.ts'

interface Encoding {
  envelope?: string
  message?: string
}

/**
 * Encodings of events that this node holds: each event is encoded once, when its first frame is made, and written many
 * times. Only events travel between nodes, never their encodings.
 */
const encodings = new WeakMap<LogEvent, Encoding>()

function encodingOf(event: LogEvent): Encoding {
  let encoding = encodings.get(event)
  if (!encoding) {
    encoding = {}
    encodings.set(event, encoding)
  }
  return encoding
}

/** The message of a `message.created` as JSON; undefined for every other event. */
export function messageJson(event: LogEvent): string | undefined {
  if (event.type !== 'message.created') return undefined
  const encoding = encodingOf(event)
  encoding.message ??= JSON.stringify(event.payload.message)
  return encoding.message
}

/** The envelope as JSON, without the fields that route the event inside the server. */
export function envelopeJson(event: LogEvent): string {
  const encoding = encodingOf(event)
  encoding.envelope ??= encode(event)
  return encoding.envelope
}

function encode(event: LogEvent): string {
  const { sequence, type, timestamp, actor, project_ids, task_id, channel_id, payload } = event
  const head = { sequence, type, timestamp, actor, project_ids, task_id, channel_id }
  const message = messageJson(event)
  if (message === undefined) return JSON.stringify({ ...head, payload })
  return `${JSON.stringify(head).slice(0, -1)},"payload":{"message":${message}}}`
}

/** Approximate size of a message's envelope without the message. */
const ENVELOPE_SIZE = 400

/** Approximate length of an event as JSON, in characters, without encoding the envelope of a message. */
export function sizeOf(event: LogEvent): number {
  const message = messageJson(event)
  return message === undefined ? envelopeJson(event).length : message.length + ENVELOPE_SIZE
}
