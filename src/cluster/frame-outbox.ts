import { RELAYED_FRAMES_MAX, type RelayedFrame } from '../contracts/relay.ts'

/** Bytes of frames of one org that wait for the next message. */
const BYTES_MAX = 128 * 1024

/**
 * Frames of one org that wait to be sent to other nodes together. A frame replaces an earlier one that it makes obsolete; over
 * the bound a frame is dropped, as any of them may be.
 */
export class FrameOutbox {
  readonly #frames = new Map<string, { frame: RelayedFrame; bytes: number }>()
  #bytes = 0
  #unnamed = 0

  /** False when the frame was dropped. */
  add(frame: RelayedFrame): boolean {
    const key = nameOf(frame) ?? `${this.#unnamed++}`
    const before = this.#frames.get(key)
    if (before) {
      this.#frames.delete(key)
      this.#bytes -= before.bytes
    }
    const bytes = JSON.stringify(frame).length
    if (this.#frames.size >= RELAYED_FRAMES_MAX || this.#bytes + bytes > BYTES_MAX) return false
    this.#frames.set(key, { frame, bytes })
    this.#bytes += bytes
    return true
  }

  /** The message of a user ends its typing: that it typed is not told after it. */
  said(channel_id: string, user_id: string): void {
    const name = typingOf(channel_id, user_id)
    this.#bytes -= this.#frames.get(name)?.bytes ?? 0
    this.#frames.delete(name)
  }

  frames(): RelayedFrame[] {
    return [...this.#frames.values()].map(({ frame }) => frame)
  }
}

const typingOf = (channel_id: string, user_id: string) => `typing ${channel_id} ${user_id}`

/** What a frame says something of: a later frame of the same name makes it obsolete. */
function nameOf(relayed: RelayedFrame): string | undefined {
  switch (relayed.type) {
    case 'export':
      return `export ${relayed.export.id}`
    case 'subscriptions':
      return `subscriptions ${relayed.user_id}`
    case 'notifications_read':
      return undefined
    case 'channel': {
      const { channel_id, frame, only_user_id } = relayed
      if (frame.type === 'delivery') return `delivery ${channel_id} ${frame.seq} ${frame.agent_id}`
      if (frame.type === 'read' || frame.type === 'preferences')
        return `${frame.type} ${channel_id} ${only_user_id}`
      return typingOf(channel_id, frame.user_id)
    }
  }
}
