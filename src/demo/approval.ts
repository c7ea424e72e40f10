import type { Message } from '../contracts/resources.ts'

/** What an answer to “may I?” means. */
export type Verdict = 'go' | 'hold' | 'unclear'

const HOLD = /\b(no|nope|not|don.?t|wait|stop|hold|later|never|nein|nicht|warte)\b|👎|✋/i
const GO = /\b(y|yes|yep|yeah|ok|okay|go|sure|ship|shipped|fine|lgtm|approved?|do it|ja|gern|gerne)\b|👍|✅/i

/** A word that holds back wins: “yes, but not today” is no yes. */
export function verdictOf(text: string): Verdict {
  if (HOLD.test(text)) return 'hold'
  return GO.test(text) ? 'go' : 'unclear'
}

export interface Answer {
  verdict: Verdict
  message: Message
}

/** The question of an agent that people answer in its channel. One at a time. */
export class Approval {
  #open: { channel_id: string; answered(answer: Answer): void } | undefined

  /** The first answer in the channel; undefined when none came in time, or when `signal` aborted. */
  async answer(channel_id: string, within_ms: number, signal: AbortSignal): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    this.#open = { channel_id, answered: resolve }
    const timer = Number.isFinite(within_ms) ? setTimeout(() => resolve(undefined), within_ms) : undefined
    const aborted = () => resolve(undefined)
    signal.addEventListener('abort', aborted)
    try {
      return await promise
    } finally {
      this.#open = undefined
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    }
  }

  /** Takes a person's message as the answer. False when nothing is asked there, or when it asks somebody something else. */
  take(message: Message): boolean {
    if (this.#open?.channel_id !== message.channel_id) return false
    const verdict = verdictOf(message.content)
    if (verdict === 'unclear' && (message.mentions.length > 0 || message.content.includes('?'))) return false
    this.#open.answered({ verdict, message })
    return true
  }
}
