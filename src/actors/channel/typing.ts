import { LIMITS } from '../../contracts/limits.ts'

/** Users whose typing is shown at the same time: more names than a client can show. Others type unannounced. */
export const TYPING_MAX = 100

/** The users who are typing, each with the time of the last announcement. */
export class Typing {
  readonly #announced_at = new Map<string, number>()

  get size(): number {
    return this.#announced_at.size
  }

  /** Whether this user is tracked, and whether the others are to be sent an announcement now. */
  continues(user_id: string, now: number): { tracked: boolean; announce: boolean } {
    const announced_at = this.#announced_at.get(user_id)
    if (announced_at === undefined && this.#announced_at.size >= TYPING_MAX)
      return { tracked: false, announce: false }
    if (announced_at !== undefined && now - announced_at < LIMITS.typing_repeat_ms)
      return { tracked: true, announce: false }
    this.#announced_at.set(user_id, now)
    return { tracked: true, announce: true }
  }

  /** True when the user was announced as typing. */
  stopped(user_id: string): boolean {
    return this.#announced_at.delete(user_id)
  }
}
