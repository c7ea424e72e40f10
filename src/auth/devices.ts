import { createHmac, randomBytes } from 'node:crypto'
import { type CookieScope, cookieAttributes, cookieValues, securePrefix } from './cookies.ts'
import { sameText } from './same-text.ts'

/** A browser that has signed in before. */
export interface Device {
  id: string
  /** Accounts that it has signed in to, the last one first. */
  account_ids: readonly string[]
}

/** People who share a browser; the one who signed in longest ago is forgotten. */
const ACCOUNTS_MAX = 8
const COOKIE_MAX = 400
/** The longest that browsers keep a cookie (RFC 6265bis). */
const LASTS_S = 400 * 24 * 60 * 60
const SHAPE = /^([\w-]{16})\.([\w.-]{1,300})\.([\w-]{43})$/

/**
 * The device cookie: signed, hidden from scripts, no credential. It tells a browser that has signed in to an account before
 * from a stranger, so that failed sign-ins of strangers never lock the owner out.
 */
export class Devices {
  readonly #secret: Uint8Array
  readonly #name: string
  readonly #scope: CookieScope

  constructor(secret: Uint8Array, scope: CookieScope) {
    this.#secret = secret
    this.#scope = scope
    this.#name = scope.secure ? `${securePrefix(scope)}mc_device` : `mc_device_${scope.installation}`
  }

  /** The device that sent a Cookie header. */
  of(cookie_header: string | null): Device | undefined {
    const [value = ''] = cookieValues(cookie_header, [this.#name])
    const [, id, accounts, signature] = value.length > COOKIE_MAX ? [] : (SHAPE.exec(value) ?? [])
    if (id === undefined || accounts === undefined || signature === undefined) return undefined
    return sameText(signature, this.#sign(`${id}.${accounts}`))
      ? { id, account_ids: accounts.split('.') }
      : undefined
  }

  /** `Set-Cookie` value of a device that has signed in to an account now. */
  cookie(device: Device | undefined, account_id: string): string {
    const others = device?.account_ids.filter((id) => id !== account_id) ?? []
    const account_ids = [account_id, ...others].slice(0, ACCOUNTS_MAX)
    const text = `${device?.id ?? randomBytes(12).toString('base64url')}.${account_ids.join('.')}`
    const value = `${text}.${this.#sign(text)}`
    return `${this.#name}=${value}; ${cookieAttributes(this.#scope, LASTS_S)}; HttpOnly`
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(`device ${text}`).digest('base64url')
  }
}
