import type { TokenBuckets } from '../auth/rate-limit.ts'
import { ApiError } from '../contracts/errors.ts'
import type { Identity } from './identity.ts'

/** Calls a minute, and how many may come at once. */
interface Rate {
  per_minute: number
  burst: number
}

/** Signed-in traffic counts per principal only, so that agents behind one address do not starve each other. */
export const RATES = {
  api: { per_minute: 600, burst: 120 },
  messages: { per_minute: 120, burst: 60 },
  anonymous: { per_minute: 300, burst: 100 },
  sign_in: { per_minute: 10, burst: 10 },
} as const satisfies Record<string, Rate>

/** Plain data, so that it can travel to the channel. */
interface MessageRefusal {
  code: 'RATE_LIMITED'
  message: string
  retry_after_s: number
}

/** Rate limits of one node. `off` for trusted networks and load tests. */
export class Limits {
  readonly #buckets: TokenBuckets | undefined

  constructor(buckets: TokenBuckets | undefined) {
    this.#buckets = buckets
  }

  /** A call without credentials; throws 429. Returns the headers that tell the caller where it stands. */
  anonymous(ip: string, sign_in: boolean): Record<string, string> {
    return sign_in ? this.#take(`sign_in:${ip}`, RATES.sign_in) : this.#take(`ip:${ip}`, RATES.anonymous)
  }

  /** One more try for an account, from wherever; throws 429. */
  account(email: string): void {
    this.#take(`account:${email.toLowerCase()}`, RATES.sign_in)
  }

  principal(identity: Identity): Record<string, string> {
    return this.#take(`api:${principalOf(identity)}`, RATES.api)
  }

  /** One more look for the answer to a repeat, by somebody over its limit; throws 429. */
  repeat(identity: Identity): void {
    this.#take(`repeat:${principalOf(identity)}`, RATES.api)
  }

  /**
   * Takes a message's token. The refusal is returned, not thrown: a repeat of a stored message is answered before
   * the limit, and only the channel knows what is a repeat.
   */
  message(principal_id: string): MessageRefusal | undefined {
    const taken = this.#buckets?.take(`messages:${principal_id}`, RATES.messages)
    if (!taken || taken.allowed) return undefined
    return {
      code: 'RATE_LIMITED',
      message: 'Too many messages. Slow down.',
      retry_after_s: taken.retry_after_s,
    }
  }

  /** The refusal of a call, for a message that may be a repeat. */
  asRefusal({ message, retry_after_s = 1 }: ApiError): MessageRefusal {
    return { code: 'RATE_LIMITED', message, retry_after_s }
  }

  /** A message's refusal as its channel threw it, with the rate that it broke. */
  messageRefused(error: unknown): unknown {
    if (!(error instanceof ApiError) || error.errorCode !== 'RATE_LIMITED') return error
    const { message, retry_after_s = 1 } = error
    return new ApiError('RATE_LIMITED', message, { retry_after_s, rate_limit: RATES.messages.burst })
  }

  #take(key: string, rate: Rate): Record<string, string> {
    if (!this.#buckets) return {}
    const taken = this.#buckets.take(key, rate)
    if (!taken.allowed)
      throw new ApiError('RATE_LIMITED', 'Too many requests. Slow down.', {
        retry_after_s: taken.retry_after_s,
        rate_limit: taken.limit,
      })
    return {
      'RateLimit-Limit': String(taken.limit),
      'RateLimit-Remaining': String(taken.remaining),
      'RateLimit-Reset': String(taken.reset_s),
    }
  }
}

function principalOf(identity: Identity): string {
  if (identity.type === 'session') return identity.user_id
  return identity.key.sub_agent_id ?? identity.key.user_id
}
