import type { Message, Sender } from '../../../src/contracts/resources.ts'
import type { AgentServer } from '../server/port.ts'

/** Messages whose sender is remembered; the oldest is forgotten, and looked up again when somebody answers it. */
const KNOWN_MAX = 10_000
const PAGE = 200

type Known = Pick<Sender, 'id' | 'display_name'>

/** Who wrote which message: an answer to the agent's own message wakes it. */
export class Senders {
  readonly #server: Pick<AgentServer, 'messages'>
  readonly #known = new Map<string, Known | null>()

  constructor(server: Pick<AgentServer, 'messages'>) {
    this.#server = server
  }

  note({ id, sender }: Pick<Message, 'id' | 'sender'>): void {
    this.#remember(id, { id: sender.id, display_name: sender.display_name })
  }

  /** Whether a message, by its id, is of this user; false for one that is not known. */
  isOf(message_id: string, user_id: string): boolean {
    return this.#known.get(message_id)?.id === user_id
  }

  nameOf(message_id: string): string | undefined {
    return this.#known.get(message_id)?.display_name
  }

  /**
   * Looks up the sender of the answered message, among the 200 before the answer: an older one counts as somebody else's. Rejects
   * as `messages` does.
   */
  async lookUp({
    reply_to,
    channel_id,
    seq,
  }: Pick<Message, 'reply_to' | 'channel_id' | 'seq'>): Promise<void> {
    if (reply_to === null || this.#known.has(reply_to)) return
    for (const message of await this.#server.messages(channel_id, { before: seq, limit: PAGE }))
      this.note(message)
    if (!this.#known.has(reply_to)) this.#remember(reply_to, null)
  }

  #remember(id: string, sender: Known | null): void {
    this.#known.set(id, sender)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > KNOWN_MAX) this.#known.delete(oldest)
  }
}
