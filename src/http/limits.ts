import type { Buckets } from '../auth/rate-limit.ts'
import type { PostRefusal } from '../contracts/commands.ts'
import { ApiError, type RateLimitState } from '../contracts/errors.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { Rate, Taken } from '../domain/token-bucket.ts'
import type { HeldRefusals } from './held-refusals.ts'
import { rateLimitHeaders } from './reply.ts'

/** Authenticated traffic counts per principal only, so that agents behind one address do not starve each other. */
export const RATES = {
  api: { per_minute: 600, burst: 120 },
  messages: { per_minute: 120, burst: 60 },
  anonymous: { per_minute: 300, burst: 100 },
  /** A view of people asks for one of each, at first. */
  pictures: { per_minute: 1_200, burst: 600 },
  sign_in: { per_minute: 10, burst: 10 },
  account_share: { per_minute: 5, burst: 5 },
} as const satisfies Record<string, Rate>

/** Rate limits; without buckets nothing is limited, for trusted networks and load tests. */
export class Limits {
  readonly #buckets: Buckets | undefined
  readonly #held: HeldRefusals

  constructor(buckets: Buckets | undefined, held: HeldRefusals) {
    this.#buckets = buckets
    this.#held = held
  }

  /** A call without credentials; throws 429. Returns the `RateLimit-*` headers of the answer. */
  async anonymous(ip: string): Promise<Record<string, string>> {
    return await this.#take(`ip:${ip}`, RATES.anonymous)
  }

  /** Before a refusal by another brake than these: who goes on in spite of it waits (see {@link HeldRefusals}). */
  async held(ip: string): Promise<void> {
    if (this.#buckets) await this.#held.hold(`ip:${ip}`)
  }

  /** The same for an attempt to sign in; a browser that has signed in before does not share the bucket of its address. */
  async signIn(ip: string, device_id: string | undefined): Promise<Record<string, string>> {
    return await this.#take(device_id === undefined ? `sign_in:${ip}` : `device:${device_id}`, RATES.sign_in)
  }

  /**
   * One more sign-in attempt for an account; throws 429. Of the account's bucket an address takes half at the most: the
   * owner has the rest.
   */
  async account(email: string, ip: string): Promise<void> {
    const account = email.toLowerCase()
    const share = await this.#buckets?.take(`account:${account} ${ip}`, RATES.account_share)
    if (share?.allowed) await this.#take(`account:${account}`, RATES.sign_in)
  }

  /** One more mail with a link to an address; throws 429. Apart from sign-in, which it must not use up. */
  async passwordReset(email: string, ip: string): Promise<void> {
    await this.#take(`reset:${email.toLowerCase()} ${ip}`, RATES.account_share)
  }

  /** One more try of the current password by whoever is signed in; throws 429. */
  async ownPassword(account_id: string): Promise<void> {
    await this.#take(`password:${account_id}`, RATES.sign_in)
  }

  /** One more change of the own picture, which every member hears of; throws 429. */
  async ownPicture(account_id: string): Promise<void> {
    await this.#take(`own picture:${account_id}`, RATES.sign_in)
  }

  /** A picture; apart from calls, which must not wait for a page full of faces. */
  async picture({ id }: AuthenticatedPrincipal): Promise<Record<string, string>> {
    return await this.#take(`pictures:${id}`, RATES.pictures)
  }

  async principal({ id }: AuthenticatedPrincipal): Promise<Record<string, string>> {
    return await this.#take(`api:${id}`, RATES.api)
  }

  /** One more look-up of an idempotent replay by a principal over its limit; throws 429. */
  async repeat({ id }: AuthenticatedPrincipal): Promise<void> {
    await this.#take(`repeat:${id}`, RATES.api)
  }

  /**
   * Takes a message's token. The refusal is returned, not thrown: an idempotent replay is answered before the limit, and
   * only the channel knows whether a message is one. A promise only where nodes share the limits: a message of a socket
   * goes to its channel without a pause.
   */
  message(principal_id: string): PostRefusal | undefined | Promise<PostRefusal | undefined> {
    const taken = this.#buckets?.take(`messages:${principal_id}`, RATES.messages)
    return taken instanceof Promise ? taken.then(messageRefusal) : messageRefusal(taken)
  }

  /** The refusal of a call, for a message that may be an idempotent replay. */
  asRefusal({ message, retry_after_s = 1, rate_limit }: ApiError): PostRefusal {
    return { code: 'RATE_LIMITED', message, retry_after_s, ...(rate_limit ? { rate_limit } : {}) }
  }

  async #take(key: string, rate: Rate): Promise<Record<string, string>> {
    if (!this.#buckets) return {}
    const taken = await this.#buckets.take(key, rate)
    if (!taken.allowed) {
      await this.#held.hold(key)
      throw new ApiError('RATE_LIMITED', 'Too many requests. Slow down.', {
        retry_after_s: taken.retry_after_s,
        rate_limit: stateOf(taken),
      })
    }
    return rateLimitHeaders(stateOf(taken))
  }
}

function messageRefusal(taken: Taken | undefined): PostRefusal | undefined {
  if (!taken || taken.allowed) return undefined
  return {
    code: 'RATE_LIMITED',
    message: 'Too many messages. Slow down.',
    retry_after_s: taken.retry_after_s,
    rate_limit: stateOf(taken),
  }
}

function stateOf({ limit, remaining, reset_s }: Taken): RateLimitState {
  return { limit, remaining, reset_s }
}

/** A refusal by back-off: nothing remains until the wait is over. */
export function failedTooOften(message: string, wait_s: number): ApiError {
  return new ApiError('RATE_LIMITED', message, {
    retry_after_s: wait_s,
    rate_limit: { limit: RATES.sign_in.burst, remaining: 0, reset_s: wait_s },
  })
}
