import { createHmac, timingSafeEqual } from 'node:crypto'

const SIGNATURE_BYTES = 32
/** Longer than the tokens of stored links, and bounds the work for one that nobody made. */
const TOKEN = /^[A-Za-z0-9_-]{110,2000}$/

/**
 * A signed token: whoever has the secret makes and reads it, and no table holds it. `purpose` keeps the tokens of one use
 * from being read as those of another. Use within a time, and once, is up to the reader.
 */
export function signText(secret: Uint8Array, purpose: string, content: object): string {
  const text = Buffer.from(JSON.stringify({ for: purpose, ...content }))
  return Buffer.concat([signatureOf(secret, purpose, text), text]).toString('base64url')
}

/** The content of a token that one of the secrets signed within the last `lasts_ms`. `T` is what {@link signText} got. */
export function readText<T extends { issued_at: number }>(
  secrets: readonly Uint8Array[],
  purpose: string,
  token: string,
  { now, lasts_ms }: { now: number; lasts_ms: number },
): T | undefined {
  if (!TOKEN.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  // The last character may have bits that no byte uses: a link has one token only.
  if (bytes.toString('base64url') !== token) return undefined
  const text = bytes.subarray(SIGNATURE_BYTES)
  const signature = bytes.subarray(0, SIGNATURE_BYTES)
  if (!secrets.some((secret) => timingSafeEqual(signature, signatureOf(secret, purpose, text))))
    return undefined
  const content: T = JSON.parse(text.toString())
  return content.issued_at + lasts_ms > now ? content : undefined
}

function signatureOf(secret: Uint8Array, purpose: string, text: Buffer): Buffer {
  return createHmac('sha256', secret).update(purpose).update(text).digest()
}
