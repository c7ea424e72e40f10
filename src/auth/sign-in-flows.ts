import { createHmac } from 'node:crypto'
import { generateCodeVerifier, generateState } from 'arctic'
import { LRUCache } from 'lru-cache'
import type { ProviderId } from '../contracts/vocabulary.ts'
import { type CookieScope, cookieAttributes, cookieValues, securePrefix } from './cookies.ts'
import type { FlowSecrets } from './providers/provider.ts'
import { sameText } from './same-text.ts'

/** What a sign-in at a provider is for. */
export type FlowPurpose =
  | { to: 'sign_in' }
  /** Adds an identity to an account, in the session that asked for it. */
  | { to: 'link'; account_id: string; session_id: string }
  /** Accepts an invite. */
  | { to: 'join'; token: string; name?: string }

/** A sign-in at a provider that is under way in a browser. */
export interface SignInFlow extends FlowSecrets {
  provider: ProviderId
  purpose: FlowPurpose
  /** A local path. */
  return_to: string
  /** Milliseconds since 1970. */
  started_at: number
}

/** People type a password and a second factor at the provider. */
export const FLOW_MS = 10 * 60 * 1000
const PURPOSE = 'sign-in flow'
/** Browsers take 4,096 bytes. */
const COOKIE_MAX = 4_000
/** A flow is used once: whoever takes one spends its state too, for all nodes. This memory saves the statement. */
const USED_MAX = 20_000

/**
 * Sign-ins at providers under way, each kept in its own browser by a signed cookie that scripts cannot read. An answer with
 * another state than the cookie's was not asked for by this browser (login CSRF).
 */
export class SignInFlows {
  readonly #secrets: readonly Uint8Array[]
  readonly #name: string
  readonly #attributes: (max_age_s: number) => string
  readonly #now: () => number
  readonly #used = new LRUCache<string, true>({ max: USED_MAX })

  /** The first secret signs, all are accepted. */
  constructor(secrets: readonly Uint8Array[], scope: CookieScope, now: () => number) {
    this.#secrets = secrets
    this.#name = scope.secure ? `${securePrefix(scope)}mc_flow` : `mc_flow_${scope.installation}`
    // Lax: the answer is a navigation from the provider's site.
    this.#attributes = (max_age_s: number) => `${cookieAttributes(scope, max_age_s)}; HttpOnly`
    this.#now = now
  }

  /** A new flow and the `Set-Cookie` value that keeps it. */
  start(wanted: Pick<SignInFlow, 'provider' | 'purpose' | 'return_to'>): {
    flow: SignInFlow
    cookie: string
  } {
    const flow: SignInFlow = {
      ...wanted,
      state: generateState(),
      nonce: generateState(),
      code_verifier: generateCodeVerifier(),
      started_at: this.#now(),
    }
    const text = Buffer.from(JSON.stringify(flow)).toString('base64url')
    const value = `${text}.${sign(this.#secrets[0]!, text)}`
    return { flow, cookie: `${this.#name}=${value}; ${this.#attributes(FLOW_MS / 1000)}` }
  }

  /** The flow of this browser that an answer belongs to. It cannot be taken again from this node. */
  take(cookie_header: string | null, provider: string, state: string | null): SignInFlow | undefined {
    const flow = this.#read(cookie_header)
    if (!flow || state === null || !sameText(flow.state, state) || flow.provider !== provider)
      return undefined
    if (this.#now() - flow.started_at > FLOW_MS || this.#used.has(flow.state)) return undefined
    this.#used.set(flow.state, true)
    return flow
  }

  /** `Set-Cookie` value that ends the flow of a browser. */
  cleared(): string {
    return `${this.#name}=; ${this.#attributes(0)}`
  }

  #read(cookie_header: string | null): SignInFlow | undefined {
    const [value = ''] = cookieValues(cookie_header, [this.#name])
    const [text = '', signature = '', ...rest] = value.length > COOKIE_MAX ? [] : value.split('.')
    if (text === '' || rest.length > 0) return undefined
    if (!this.#secrets.some((secret) => sameText(signature, sign(secret, text)))) return undefined
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  }
}

function sign(secret: Uint8Array, text: string): string {
  return createHmac('sha256', secret).update(`${PURPOSE} ${text}`).digest('base64url')
}
