import { KeyRefused, type NewMessage, ServerRefused } from '../server/port.ts'
import type { Row } from '../state/port.ts'
import { clientId, type Identity } from './ids.ts'
import type { OpenRow } from './open-row.ts'

export interface OutboxPorts {
  identity: Identity
  /** Posts in the channel of a row, as the agent or as the sub-agent whose session it is. */
  post(row: Row, message: NewMessage): Promise<unknown>
  /** Parts of a text, each within the server's limit, in order; none for a text without content. */
  split(text: string): string[]
  /** Called for each message that the server has. */
  onPosted(row: Row): void
  /** Called for each attempt that failed. */
  onFailed(why: 'away' | 'refused' | 'key_refused'): void
}

/** Posts answers, part by part: each has a `client_id` that does not change, so a repetition stores nothing twice. */
export class Outbox {
  readonly #ports: OutboxPorts

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  /**
   * Posts what is not posted yet. An answer that the server refuses for good ends the row as failed. Rejects with
   * `ServerAway` (also while a loop brake or a rate limit holds) and `KeyRefused`.
   */
  async post(open: OpenRow): Promise<void> {
    const parts = this.#ports.split(open.row.answer ?? '')
    for (let part = open.row.parts_posted + 1; part <= parts.length; part++) {
      const refused = await this.#postPart(open.row, parts[part - 1] ?? '', part)
      if (refused) return open.apply({ type: 'failed', reason: refused })
      this.#ports.onPosted(open.row)
      if (part < parts.length) open.apply({ type: 'part_posted', parts: part })
    }
    open.apply({ type: 'posted', parts: parts.length })
  }

  /** Resolves with the reason when the server refuses it for good. */
  async #postPart(row: Row, content: string, part: number): Promise<string | undefined> {
    const { identity } = this.#ports
    const message = {
      content,
      client_id: clientId(identity, row, part),
      kind: row.kind === 'command' ? ('command_output' as const) : ('text' as const),
    }
    const reply_to = part === 1 ? row.reply_to : null
    try {
      await this.#ports.post(row, reply_to === null ? message : { ...message, reply_to })
      return undefined
    } catch (error) {
      if (!(error instanceof ServerRefused)) {
        this.#ports.onFailed(error instanceof KeyRefused ? 'key_refused' : 'away')
        throw error
      }
      // An earlier life of this bridge answered with other words: that answer stands.
      if (error.code === 'IDEMPOTENCY_CONFLICT') return undefined
      if (error.code === 'MESSAGE_NOT_FOUND' && reply_to !== null)
        return await this.#postPart({ ...row, reply_to: null }, content, part)
      this.#ports.onFailed('refused')
      return `The answer could not be posted: ${error.message}`
    }
  }
}
