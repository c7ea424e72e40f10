import { createHmac } from 'node:crypto'
import { sameText } from './same-text.ts'

/** RFC 6238 as authenticator apps assume it: HMAC-SHA-1, six digits, steps of thirty seconds. */
export const TOTP_DIGITS = 6
export const TOTP_STEP_S = 30
/** RFC 4226, R6: 160 bits. */
export const TOTP_SECRET_BYTES = 20
/** Steps before and after the present one that are taken, for clocks that differ. */
const STEPS_ASIDE = 1

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The code of a step (RFC 4226, section 5.3). */
export function totpCode(secret: Uint8Array, step: number, digits = TOTP_DIGITS): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

/** The step of a time in milliseconds since 1970. */
export const totpStep = (now: number) => Math.floor(now / 1000 / TOTP_STEP_S)

/** The step whose code this is, around the present one; undefined for a wrong code. All steps are compared. */
export function stepOfCode(secret: Uint8Array, code: string, now: number): number | undefined {
  let found: number | undefined
  const present = totpStep(now)
  for (let step = present - STEPS_ASIDE; step <= present + STEPS_ASIDE; step++)
    if (sameText(totpCode(secret, step), code)) found = step
  return found
}

/** As people type a secret, and as its address carries it (RFC 4648, without padding). */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >>> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32[(value << (5 - bits)) & 31]
}

/** The address that authenticator apps read from a QR code. `host` tells several servers apart. */
export function totpUri(secret: string, { email, host }: { email: string; host: string }): string {
  const issuer = `Mission Control (${host})`
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}
