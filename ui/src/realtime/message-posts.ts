import type { ClientFrame } from '@contracts/frames.ts'
import type { Message } from '@contracts/resources.ts'
import type { QueryClient } from '@tanstack/vue-query'
import { asFailure } from '../api/failure.ts'
import { keys } from '../api/keys.ts'
import { messageUpdates, type Reader } from './apply-event.ts'
import { writeUpdates } from './cache-update.ts'
import type { PostedMessage } from './org-realtime-ports.ts'
import type { Outbox, Refusal } from './outbox.ts'
import type { OutboxEntry } from './outbox-store.ts'

export interface MessagePostPorts {
  reader: Reader
  client: QueryClient
  outbox(): Outbox
  /** False if the frame cannot leave now. */
  send(frame: Extract<ClientFrame, { type: 'message' }>): boolean
  /** Chat goes by requests. */
  overHttp(): boolean
  post(channel_id: string, body: PostedMessage): Promise<Message>
  /** A message was written to the cache. */
  arrived(message: Message): void
}

/** Sends the messages of the outbox, by the socket or by requests, and takes what the server says of them. */
export class MessagePosts {
  readonly #ports: MessagePostPorts

  constructor(ports: MessagePostPorts) {
    this.#ports = ports
  }

  /** False if the message cannot leave now. */
  send(entry: OutboxEntry): boolean {
    const { channel_id, content, client_id, reply_to, kind, leave_out } = entry
    const message = {
      content,
      client_id,
      ...(reply_to === null ? {} : { reply_to }),
      ...(kind === undefined ? {} : { kind }),
      ...(leave_out === undefined ? {} : { leave_out }),
    }
    if (this.#ports.send({ type: 'message', channel_id, ...message })) return true
    if (!this.#ports.overHttp()) return false
    void this.#post(channel_id, message)
    return true
  }

  /** The start of a deletion is an event for administrators only: others learn of it by the first refusal. */
  refused(refusal: Refusal): void {
    const { client, reader } = this.#ports
    this.#ports.outbox().refused(refusal)
    if (refusal.error.code === 'ORG_READ_ONLY')
      void client.invalidateQueries({ queryKey: keys.org(reader.slug) })
  }

  /** Sends a message by request. The server drops duplicates, so that one under way on both ways is stored once. */
  async #post(channel_id: string, body: PostedMessage): Promise<void> {
    const { client, reader } = this.#ports
    const { client_id } = body
    try {
      const message = await this.#ports.post(channel_id, body)
      const { id, seq, created_at } = message
      this.#ports.outbox().acknowledged({ type: 'ack', client_id, channel_id, id, seq, created_at })
      writeUpdates(client, reader.slug, messageUpdates(message, reader))
      this.#ports.arrived(message)
    } catch (error) {
      const { code, message, status, retry_after_s } = asFailure(error)
      // The session has ended or is another person's: the message waits on this device for its author.
      if (status === 401 || code === 'OTHER_USER') this.#ports.outbox().disconnected()
      else
        this.refused({
          client_id,
          retry_after_s,
          error: {
            code: code === 'NETWORK' || code === 'UNREADABLE' ? 'UNAVAILABLE' : code,
            message,
            status,
          },
        })
    }
  }
}
