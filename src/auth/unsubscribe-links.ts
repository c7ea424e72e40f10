import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whose mails of which organization a link ends. */
export interface UnsubscribeLink {
  org_id: string
  user_id: string
}

const PURPOSE = 'unsubscribe link of a mail'
const ID_BYTES = 16
const SIGNATURE_BYTES = 32
/** base64url of two ids and the signature. */
const TOKEN = /^[A-Za-z0-9_-]{86}$/

/**
 * A signed token without an end: it must work for as long as somebody keeps the mail. It can do nothing but end mails, so
 * the server keeps no row for it. `secret` is the pepper, which outlives the rotation of session secrets.
 */
export function signUnsubscribeLink(secret: Uint8Array, { org_id, user_id }: UnsubscribeLink): string {
  const ids = Buffer.concat([bytesOf(org_id), bytesOf(user_id)])
  return Buffer.concat([ids, signatureOf(secret, ids)]).toString('base64url')
}

/** The link of a token that this server signed. */
export function readUnsubscribeLink(secret: Uint8Array, token: string): UnsubscribeLink | undefined {
  if (!TOKEN.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  // The last character has bits that no byte uses: a link has one token only.
  if (bytes.toString('base64url') !== token) return undefined
  const ids = bytes.subarray(0, 2 * ID_BYTES)
  const signature = bytes.subarray(2 * ID_BYTES)
  if (signature.length !== SIGNATURE_BYTES || !timingSafeEqual(signature, signatureOf(secret, ids)))
    return undefined
  return { org_id: uuidOf(ids.subarray(0, ID_BYTES)), user_id: uuidOf(ids.subarray(ID_BYTES)) }
}

function signatureOf(secret: Uint8Array, ids: Buffer): Buffer {
  return createHmac('sha256', secret).update(PURPOSE).update(ids).digest()
}

const bytesOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
