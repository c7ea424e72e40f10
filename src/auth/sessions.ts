import { LRUCache } from 'lru-cache'
import type { SignInWay } from '../contracts/sign-in.ts'
import type { StoredSession } from '../domain/credentials.ts'
import type { SessionTokens } from './session-tokens.ts'

/** Storage of sessions. The row is the truth about a session. */
export interface SessionStore {
  create(row: {
    id: string
    user_id: string
    jti: string
    expires_at: string
    ip: string
    user_agent: string
    method: SignInWay['method']
    hosted_domain: string | null
  }): Promise<void>
  find(id: string): Promise<StoredSession | undefined>
  /** Replaces the token id `old_jti`, which stays valid until `grace_until`; false when it was replaced already. */
  rotate(id: string, old_jti: string, new_jti: string, grace_until: string): Promise<boolean>
  revoke(id: string): Promise<string | undefined>
  listByUser(user_id: string): Promise<StoredSession[]>
}

export interface Started {
  token: string
  session_id: string
  /** Milliseconds since 1970. */
  token_expires_at: number
  session_expires_at: number
}

export type Refusal = { refusal: 'SESSION_EXPIRED' | 'SESSION_REVOKED' | 'UNAUTHENTICATED' }

export const TOKEN_MS = 60 * 60 * 1000
export const SESSION_MS = 7 * 24 * 60 * 60 * 1000
/** Parallel requests may still carry a token that one of them has just replaced. */
const ROTATION_GRACE_MS = 30_000
/** A row is read again after this time; a revocation on this node counts at once. */
const REMEMBER_MS = 1_000
const REMEMBERED_MAX = 10_000

/** Is told that a session ended, or some that are not named. */
export interface SessionsListener {
  session(session_id: string): void
  some(): void
}

/** Sessions of people: started by sign-in, carried by short-lived tokens, ended everywhere through their row. */
export class Sessions {
  readonly #store: SessionStore
  readonly #tokens: SessionTokens
  readonly #now: () => number
  readonly #newId: () => string
  readonly #hears: () => boolean
  readonly #remembered = new LRUCache<string, { row: StoredSession; read_at: number }>({
    max: REMEMBERED_MAX,
  })
  readonly #listeners: SessionsListener[] = []

  /** `hears`: whether this node is told at present of sessions that end on others; while it is not, it keeps no rows. */
  constructor(
    store: SessionStore,
    tokens: SessionTokens,
    now: () => number,
    newId: () => string,
    hears: () => boolean = () => true,
  ) {
    this.#store = store
    this.#tokens = tokens
    this.#now = now
    this.#newId = newId
    this.#hears = hears
  }

  /** Called with what ends on this node. */
  onEnded(listener: SessionsListener): void {
    this.#listeners.push(listener)
  }

  async start(user_id: string, from: { ip: string; user_agent: string }, way: SignInWay): Promise<Started> {
    const id = this.#newId()
    const jti = this.#newId()
    const session_expires_at = this.#now() + SESSION_MS
    await this.#store.create({ id, user_id, jti, expires_at: iso(session_expires_at), ...from, ...way })
    return await this.#issue(user_id, id, jti, session_expires_at)
  }

  /**
   * User and session of a token, with the times between which the session lasts: streams end with it, not with the token.
   */
  async authenticate(
    token: string,
  ): Promise<
    { user_id: string; session_id: string; opened_at: number; expires_at: number; way: SignInWay } | Refusal
  > {
    const claims = await this.#tokens.verify(token)
    if (claims === 'invalid') return { refusal: 'UNAUTHENTICATED' }
    if (claims === 'expired') return { refusal: 'SESSION_EXPIRED' }
    const row = await this.#row(claims.sid)
    const refusal = this.#judge(row, claims.sub)
    if (refusal || !row) return refusal ?? { refusal: 'SESSION_REVOKED' }
    return {
      user_id: row.user_id,
      session_id: row.id,
      opened_at: Date.parse(row.created_at),
      expires_at: Date.parse(row.expires_at),
      way: { method: row.method, hosted_domain: row.hosted_domain },
    }
  }

  /**
   * A new token for the old one. Parallel refreshes of one token all succeed and get tokens with the same id. A token
   * that is used after its grace period was copied: the session ends.
   */
  async refresh(token: string): Promise<Started | Refusal> {
    const claims = await this.#tokens.verify(token)
    if (claims === 'invalid') return { refusal: 'UNAUTHENTICATED' }
    if (claims === 'expired') return { refusal: 'SESSION_EXPIRED' }
    this.#remembered.delete(claims.sid)
    const row = await this.#store.find(claims.sid)
    if (!row || row.user_id !== claims.sub || row.revoked_at !== null) return { refusal: 'SESSION_REVOKED' }
    const session_expires_at = Date.parse(row.expires_at)
    if (session_expires_at <= this.#now()) return { refusal: 'SESSION_EXPIRED' }
    if (row.jti !== claims.jti) {
      if (row.previous_jti === claims.jti && Date.parse(row.previous_valid_until ?? '') > this.#now())
        return await this.#issue(row.user_id, row.id, row.jti, session_expires_at)
      await this.revoke(row.id)
      return { refusal: 'SESSION_REVOKED' }
    }
    const jti = this.#newId()
    const rotated = await this.#store.rotate(row.id, row.jti, jti, iso(this.#now() + ROTATION_GRACE_MS))
    this.#remembered.delete(row.id)
    if (rotated) return await this.#issue(row.user_id, row.id, jti, session_expires_at)
    const now = await this.#store.find(row.id)
    if (!now || now.revoked_at !== null) return { refusal: 'SESSION_REVOKED' }
    return await this.#issue(now.user_id, now.id, now.jti, session_expires_at)
  }

  /** Ends a session everywhere; its open streams close. */
  async revoke(session_id: string): Promise<void> {
    await this.#store.revoke(session_id)
    this.forget(session_id)
    for (const { session } of this.#listeners) session(session_id)
  }

  /** Sessions of a user have ended in the database: every row is read again. */
  someEnded(): void {
    this.forgetAll()
    for (const { some } of this.#listeners) some()
  }

  /** A session has ended elsewhere: its row is read again. */
  forget(session_id: string): void {
    this.#remembered.delete(session_id)
  }

  forgetAll(): void {
    this.#remembered.clear()
  }

  /** Valid sessions of a user, newest first. */
  async list(
    user_id: string,
  ): Promise<
    Pick<StoredSession, 'id' | 'created_at' | 'last_seen_at' | 'expires_at' | 'ip' | 'user_agent'>[]
  > {
    const rows = await this.#store.listByUser(user_id)
    return rows
      .filter((row) => row.revoked_at === null && Date.parse(row.expires_at) > this.#now())
      .map(({ id, created_at, last_seen_at, expires_at, ip, user_agent }) => ({
        id,
        created_at,
        last_seen_at,
        expires_at,
        ip,
        user_agent,
      }))
  }

  async #issue(
    user_id: string,
    session_id: string,
    jti: string,
    session_expires_at: number,
  ): Promise<Started> {
    const token_expires_at = Math.min(this.#now() + TOKEN_MS, session_expires_at)
    const token = await this.#tokens.sign({
      sub: user_id,
      sid: session_id,
      jti,
      exp: Math.floor(token_expires_at / 1000),
    })
    return { token, session_id, token_expires_at, session_expires_at }
  }

  /** A replaced token is valid until it expires; only a refresh with it is checked further (see refresh). */
  #judge(row: StoredSession | undefined, user_id: string): Refusal | undefined {
    if (!row || row.user_id !== user_id || row.revoked_at !== null) return { refusal: 'SESSION_REVOKED' }
    if (Date.parse(row.expires_at) <= this.#now()) return { refusal: 'SESSION_EXPIRED' }
    return undefined
  }

  async #row(id: string): Promise<StoredSession | undefined> {
    const known = this.#remembered.get(id)
    if (known && this.#hears() && this.#now() - known.read_at < REMEMBER_MS) return known.row
    const row = await this.#store.find(id)
    if (row) this.#remembered.set(id, { row, read_at: this.#now() })
    else this.#remembered.delete(id)
    return row
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
