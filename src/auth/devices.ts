import { createHmac, randomBytes } from 'node:crypto'
import { type CookieScope, cookieValues } from './cookies.ts'
import { sameText } from './same-text.ts'

/** A browser that has signed in before. */
export interface Device {
  id: string
  /** Marks of its accounts, the last one first; see {@link Devices.knows}. */
  marks: readonly string[]
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
  readonly #secure: boolean

  constructor(secret: Uint8Array, { secure, installation }: CookieScope) {
    this.#secret = secret
    this.#secure = secure
    this.#name = secure ? '__Host-mc_device' : `mc_device_${installation}`
  }

  /** The device that sent a Cookie header. */
  of(cookie_header: string | null): Device | undefined {
    const [value = ''] = cookieValues(cookie_header, [this.#name])
    const [, id, marks, signature] = value.length > COOKIE_MAX ? [] : (SHAPE.exec(value) ?? [])
    if (id === undefined || marks === undefined || signature === undefined) return undefined
    return sameText(signature, this.#sign(`${id}.${marks}`)) ? { id, marks: marks.split('.') } : undefined
  }

  knows({ marks }: Device, account_id: string): boolean {
    return marks.includes(this.#mark(account_id))
  }

  /** `Set-Cookie` value of a device that has signed in to an account now. */
  cookie(device: Device | undefined, account_id: string): string {
    const mark = this.#mark(account_id)
    const marks = [mark, ...(device?.marks ?? []).filter((one) => one !== mark)].slice(0, ACCOUNTS_MAX)
    const text = `${device?.id ?? randomBytes(12).toString('base64url')}.${marks.join('.')}`
    const value = `${text}.${this.#sign(text)}`
    const secure = this.#secure ? '; Secure' : ''
    return `${this.#name}=${value}; Path=/; Max-Age=${LASTS_S}; SameSite=Lax${secure}; HttpOnly`
  }

  /** Tells accounts apart without naming them. */
  #mark(account_id: string): string {
    return this.#hmac(`account ${account_id}`).slice(0, 16)
  }

  #sign(text: string): string {
    return this.#hmac(`device ${text}`)
  }

  #hmac(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url')
  }
}
