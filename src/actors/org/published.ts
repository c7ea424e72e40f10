import type { UserNotification } from '../../domain/job.ts'
import type { LogEvent } from '../../domain/log-event.ts'

/** A stored event with its encoding: encoded once, written many times. */
export interface Published {
  event: LogEvent
  /** The envelope as JSON. */
  readonly json: string
  /** About how many characters that has. */
  readonly size: number
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
  if (event.type === 'message.created') return new PublishedMessage(event)
  const { sequence, type, timestamp, actor, project_ids, task_id, channel_id, payload } = event
  const json = JSON.stringify({
    sequence,
    type,
    timestamp,
    actor,
    project_ids,
    task_id,
    channel_id,
    payload,
  })
  return { event, json, size: json.length }
}

type MessageEvent = Extract<LogEvent, { type: 'message.created' }>

/** What an envelope has beside its message. */
const ENVELOPE_SIZE = 400

/** A message is encoded for sockets and for streams: the envelope around it only when a stream wants it. */
class PublishedMessage implements Published {
  readonly event: MessageEvent
  readonly message_json: string
  readonly size: number
  #json: string | undefined

  constructor(event: MessageEvent) {
    this.event = event
    this.message_json = JSON.stringify(event.payload.message)
    this.size = this.message_json.length + ENVELOPE_SIZE
  }

  get json(): string {
    this.#json ??= this.#encode()
    return this.#json
  }

  #encode(): string {
    const { sequence, type, timestamp, actor, project_ids, task_id, channel_id } = this.event
    const head = JSON.stringify({ sequence, type, timestamp, actor, project_ids, task_id, channel_id })
    return `${head.slice(0, -1)},"payload":{"message":${this.message_json}}}`
  }
}
