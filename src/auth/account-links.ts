import { readText, signText } from './signed-texts.ts'

/** A mailed link with which the owner of an address sets a new password of one account. */
export interface ResetLink {
  account_id: string
  /** The address that the link was mailed to. */
  email: string
  /** Milliseconds since 1970. */
  issued_at: number
}

/** A mailed link that confirms the new address of an account. */
export interface EmailLink {
  account_id: string
  former_email: string
  /** The address that the link was mailed to. */
  email: string
  /** Milliseconds since 1970. */
  issued_at: number
}

/** Mails are delayed by greylisting; a link for longer would wait in a mailbox for somebody else. */
export const MAILED_LINK_MS = 60 * 60 * 1000
const RESET = 'mailed link for a new password'
const EMAIL = 'mailed link for a new address'

/**
 * Made when the mail is sent, and kept nowhere. The server makes it work once: it refuses a link that is older than the
 * password, or mailed to an address that the account does not have any more.
 */
export function signResetLink(secret: Uint8Array, link: ResetLink): string {
  return signText(secret, RESET, link)
}

export function readResetLink(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): ResetLink | undefined {
  return readText<ResetLink>(secrets, RESET, token, { now, lasts_ms: MAILED_LINK_MS })
}

/** The server makes it work once: it refuses a link that is older than the present address. */
export function signEmailLink(secret: Uint8Array, link: EmailLink): string {
  return signText(secret, EMAIL, link)
}

export function readEmailLink(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): EmailLink | undefined {
  return readText<EmailLink>(secrets, EMAIL, token, { now, lasts_ms: MAILED_LINK_MS })
}
