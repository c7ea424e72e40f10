/** Frames of the gateway's WebSocket protocol 4: JSON text, three kinds. What is not one of them is dropped. */
import { countOf, type JsonObject, nameOf, objectOf, textOf } from './json.ts'

export type Frame =
  | { type: 'answer'; id: string; ok: true; payload: JsonObject }
  | { type: 'answer'; id: string; ok: false; payload: JsonObject; error: WireError }
  | { type: 'event'; event: string; payload: JsonObject }

/** `code` and the details decide; `message` is for people only. */
export interface WireError {
  code: string
  message: string
  /** `details.code` and `details.reason`. */
  detail: string | undefined
  reason: string | undefined
  /** Id of a pairing request. */
  request_id: string | undefined
  /** The protocol that the gateway speaks, when it refuses another one. */
  expected_protocol: number | undefined
  retryable: boolean
  /** Milliseconds; 0 when the gateway names none. */
  retry_after_ms: number
}

/** Largest frame that is taken, in characters: the gateway's own `policy.maxPayload`. A larger one ends the connection. */
export const FRAME_CHARS_MAX = 25 * 1024 * 1024
/** Messages of the gateway for people are cut to this many characters. */
const MESSAGE_CHARS_MAX = 500

/** Undefined for text that is no frame of the protocol. */
export function parseFrame(text: string): Frame | undefined {
  const frame = objectOf(parsed(text))
  const payload = objectOf(frame.payload)
  const event = nameOf(frame.event)
  if (frame.type === 'event' && event) return { type: 'event', event, payload }
  const id = nameOf(frame.id)
  if (frame.type !== 'res' || !id) return undefined
  if (frame.ok === true) return { type: 'answer', id, ok: true, payload }
  return { type: 'answer', id, ok: false, payload, error: wireError(frame.error) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A frame that is no JSON is none of the protocol, whoever sent it.
    return undefined
  }
}

function wireError(value: unknown): WireError {
  const error = objectOf(value)
  const details = objectOf(error.details)
  return {
    code: nameOf(error.code) ?? 'UNKNOWN',
    message: textOf(error.message).slice(0, MESSAGE_CHARS_MAX),
    detail: nameOf(details.code),
    reason: nameOf(details.reason),
    request_id: nameOf(details.requestId),
    expected_protocol: countOf(details.expectedProtocol),
    retryable: error.retryable === true,
    retry_after_ms: countOf(error.retryAfterMs) ?? 0,
  }
}

/** Text of a message's content: a string, or parts of which some are text. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map(objectOf)
    .filter((part) => part.type === 'text')
    .map((part) => textOf(part.text))
    .join('')
}

const TEXT_CHARS_MAX = 1_000_000
const CUT = `\n\n[The rest was cut: this text is longer than ${TEXT_CHARS_MAX.toLocaleString('en')} characters.]`

/** Text of a model, at most a million characters; a longer one ends with a sentence that says so. */
export function bounded(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX - CUT.length)}${CUT}`
}
