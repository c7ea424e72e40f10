import { type ControlEnvelope, formatCursor } from '../contracts/events.ts'
import type { Export, Notification } from '../contracts/resources.ts'
import type { ResetReason } from '../contracts/vocabulary.ts'

const encoder = new TextEncoder()

/** One event of the log. JSON has no raw line break, so one `data:` line is enough. */
export function eventFrame(log: string, sequence: number, json: string): Uint8Array {
  return encoder.encode(`id: ${log}.${sequence}\ndata: ${json}\n\n`)
}

/** A frame of the stream itself; moves the cursor when `sequence` is given. */
export function controlFrame(envelope: ControlEnvelope, cursor?: string): Uint8Array {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`
  return encoder.encode(`${id}data: ${JSON.stringify(envelope)}\n\n`)
}

/** Tells the reader that its cursor cannot be honoured; the stream goes on from the head. */
export function resetFrame(reason: ResetReason, log: string, head: number): Uint8Array {
  const cursor = formatCursor({ log, sequence: head })
  return controlFrame({ type: 'events.reset', payload: { reason, head } }, cursor)
}

/** First frame of a stream: tells a browser how soon to reconnect. */
export function openedFrame(envelope: ControlEnvelope, cursor?: string): Uint8Array {
  const id = cursor === undefined ? '' : `id: ${cursor}\n`
  return encoder.encode(`retry: 1000\n${id}data: ${JSON.stringify(envelope)}\n\n`)
}

/** Sent after the event that it follows from, without an id: the cursor stays at that event. */
export function notificationFrame(notification: Notification): Uint8Array {
  const envelope = { sequence: null, type: 'notification.created', payload: { notification } }
  return encoder.encode(`data: ${JSON.stringify(envelope)}\n\n`)
}

/** Not part of the log: the cursor stays. */
export function notificationReadFrame(notification_ids: readonly string[], read_at: string): Uint8Array {
  const envelope = { sequence: null, type: 'notification.read', payload: { notification_ids, read_at } }
  return encoder.encode(`data: ${JSON.stringify(envelope)}\n\n`)
}

/** How far an export is, without an id: it is not in the log. */
export function exportFrame(exported: Export): Uint8Array {
  const envelope = { sequence: null, type: 'export.progress', payload: { export: exported } }
  return encoder.encode(`data: ${JSON.stringify(envelope)}\n\n`)
}

/** Keeps the connection alive and moves the cursor of a stream whose filter skipped everything. */
export function heartbeatFrame(log: string, sequence: number): Uint8Array {
  return encoder.encode(`: heartbeat\nid: ${log}.${sequence}\n\n`)
}

/** Sent before a drain closes the stream: each reader gets its own pause, so that they do not reconnect at once. */
export function retryFrame(retry_ms: number): Uint8Array {
  return encoder.encode(`retry: ${retry_ms}\n\n`)
}
