import { createHash } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Secrets } from './secrets.ts'

/** Claims of a session token. Roles are looked up instead, so that a change is immediate. */
export interface SessionClaims {
  /** The user. */
  sub: string
  /** The session. */
  sid: string
  /** This token of the session. */
  jti: string
  /** Seconds since 1970. */
  iat: number
  exp: number
}

/** Own tokens are shorter; a longer text is refused without a hash. */
const TOKEN_MAX = 1_024
/** One spelling (RFC 7515 §2): the decoder of the library also takes padding and the other alphabet. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/
const REMEMBERED_MAX = 10_000
const AUDIENCE = 'mission-control'

/** Signs and verifies session tokens (JWT, HS256, RFC 7519). Signatures are verified once, expiry on every call. */
export class SessionTokens {
  readonly #secrets: Secrets
  readonly #now: () => number
  readonly #verified = new LRUCache<string, SessionClaims>({ max: REMEMBERED_MAX })

  constructor(secrets: Secrets, now: () => number) {
    this.#secrets = secrets
    this.#now = now
  }

  async sign(claims: { sub: string; sid: string; jti: string; exp: number }): Promise<string> {
    const key = this.#secrets.jwt[0]!
    return await new SignJWT({ sid: claims.sid })
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .setSubject(claims.sub)
      .setJti(claims.jti)
      .setAudience(AUDIENCE)
      .setIssuedAt(Math.floor(this.#now() / 1000))
      .setExpirationTime(claims.exp)
      .sign(key.secret)
  }

  async verify(token: string): Promise<SessionClaims | 'expired' | 'invalid'> {
    if (token.length > TOKEN_MAX || !TOKEN.test(token)) return 'invalid'
    const digest = createHash('sha256').update(token).digest('base64')
    const claims = this.#verified.get(digest) ?? (await this.#check(token))
    if (!claims) return 'invalid'
    this.#verified.set(digest, claims)
    return claims.exp * 1000 <= this.#now() ? 'expired' : claims
  }

  async #check(token: string): Promise<SessionClaims | undefined> {
    try {
      const { payload } = await jwtVerify(
        token,
        ({ kid }) => {
          const key = this.#secrets.jwt.find((candidate) => candidate.kid === kid)
          if (!key) throw new Error('unknown key')
          return key.secret
        },
        // The caller checks expiry with its own clock: an expired token gets another answer than a forged one.
        { algorithms: ['HS256'], audience: AUDIENCE, currentDate: new Date(0) },
      )
      const { sub, jti, iat, exp } = payload
      const sid = payload.sid
      if (
        typeof sub !== 'string' ||
        typeof sid !== 'string' ||
        typeof jti !== 'string' ||
        iat === undefined ||
        exp === undefined
      )
        return undefined
      return { sub, sid, jti, iat, exp }
    } catch {
      // Malformed, forged or signed with an unknown key: all are invalid.
      return undefined
    }
  }
}
