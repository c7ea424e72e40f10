import { createHmac, timingSafeEqual } from 'node:crypto'

/** A link made in the shell of the server: for whoever lost the password of the only administrator. */
export interface ShellLink {
  email: string
  /** Which account, when several have the address: the one that acts in this org. */
  org_slug?: string
  /** Milliseconds since 1970. */
  issued_at: number
}

/** A link works for an hour: it is opened by somebody who waits for it. */
const LASTS_MS = 60 * 60 * 1000
const PURPOSE = 'sign-in link of the shell'
const SIGNATURE_BYTES = 32
/** Longer than the tokens of stored links, and bounds the work for one that nobody made. */
const TOKEN = /^[A-Za-z0-9_-]{110,2000}$/

/**
 * A signed token, so that the shell needs no database and the running server nothing but its secret. The server makes it
 * work once: it refuses a token that is older than the password.
 */
export function signShellLink(secret: Uint8Array, { email, org_slug, issued_at }: ShellLink): string {
  const link = { for: PURPOSE, email, issued_at, ...(org_slug === undefined ? {} : { org_slug }) }
  const text = Buffer.from(JSON.stringify(link))
  return Buffer.concat([signatureOf(secret, text), text]).toString('base64url')
}

/** The link of a token that one of the secrets signed within the last hour. */
export function readShellLink(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): ShellLink | undefined {
  if (!TOKEN.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  const text = bytes.subarray(SIGNATURE_BYTES)
  const signature = bytes.subarray(0, SIGNATURE_BYTES)
  if (!secrets.some((secret) => timingSafeEqual(signature, signatureOf(secret, text)))) return undefined
  const link: ShellLink = JSON.parse(text.toString())
  return link.issued_at + LASTS_MS > now ? link : undefined
}

function signatureOf(secret: Uint8Array, text: Buffer): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).update(text).digest()
}
