import type { EventEnvelope } from '../../contracts/events.ts'
import type { UserNotification } from '../../domain/job.ts'
import type { LogEvent } from '../../domain/log-event.ts'

/** A stored event with its encoding: encoded once, written many times. */
export interface Published {
  event: LogEvent
  /** The envelope as JSON. */
  json: string
  /** On `message.created`: the message as JSON. */
  message_json?: string
}

/** What the owner of an org publishes after a commit: one contiguous piece of the log, in order. */
export interface PublishedBatch {
  org_id: string
  log: string
  epoch: number
  events: Published[]
  notifications: UserNotification[]
}

/** Encodes an event once. The internal fields (subjects, revocations) are not part of the envelope. */
export function encode(event: LogEvent): Published {
  const { sequence, type, timestamp, actor, project_ids, task_id, channel_id, payload } = event
  if (type !== 'message.created') {
    const envelope: EventEnvelope = {
      sequence,
      type,
      timestamp,
      actor,
      project_ids,
      task_id,
      channel_id,
      payload,
    }
    return { event, json: JSON.stringify(envelope) }
  }
  const message_json = JSON.stringify(payload.message)
  const head = JSON.stringify({ sequence, type, timestamp, actor, project_ids, task_id, channel_id })
  return { event, message_json, json: `${head.slice(0, -1)},"payload":{"message":${message_json}}}` }
}
