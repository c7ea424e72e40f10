import type { Message } from '../../../src/contracts/resources.ts'
import type { AgentServer } from '../server/port.ts'

/** Messages whose sender is remembered; the oldest is forgotten, and looked up again when somebody answers it. */
const KNOWN_MAX = 10_000
const PAGE = 200

/** Who wrote which message: an answer to the agent's own message wakes it. */
export class Senders {
  readonly #server: Pick<AgentServer, 'messages'>
  readonly #known = new Map<string, string | null>()

  constructor(server: Pick<AgentServer, 'messages'>) {
    this.#server = server
  }

  note({ id, sender }: Pick<Message, 'id' | 'sender'>): void {
    this.#known.set(id, sender.id)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > KNOWN_MAX) this.#known.delete(oldest)
  }

  /**
   * Whether a message answers one of this user. Looks at the 200 messages before it when the answered one is not known; an
   * older one counts as somebody else's. Rejects as `messages` does.
   */
  async answers({ reply_to, channel_id, seq }: Message, user_id: string): Promise<boolean> {
    if (reply_to === null) return false
    if (!this.#known.has(reply_to))
      for (const message of await this.#server.messages(channel_id, { before: seq, limit: PAGE }))
        this.note(message)
    return this.#known.get(reply_to) === user_id
  }
}
