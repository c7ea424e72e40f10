import { createHash } from 'node:crypto'
import type { Role } from '../contracts/vocabulary.ts'
import { readText, signText } from './signed-texts.ts'

/** A link made in the shell of the server: for whoever lost the password of the only administrator. */
export interface ShellLink {
  email: string
  /** Which account, when several have the address: the one that acts in this org. */
  org_slug?: string
  /** Turns the second factor off as well, for whoever lost it. */
  without_second_factor?: boolean
  /** Lets people in with a password, in the orgs that the account administers and that allow none. */
  allow_password?: boolean
  /** Milliseconds since 1970. */
  issued_at: number
}

/** An invite made in the shell of the server: for an org whose administrators are gone. */
export interface ShellInvite {
  email: string
  display_name: string
  org_slug: string
  role: Role
  /** Milliseconds since 1970. */
  issued_at: number
}

/** A link works for an hour: it is opened by somebody who waits for it. */
export const SHELL_LINK_MS = 60 * 60 * 1000
const SIGN_IN = 'sign-in link of the shell'
const INVITE = 'invite link of the shell'

/**
 * A signed token, so that the shell needs no database and the running server nothing but its secret. The server makes it
 * work once: it refuses a token that is older than the password.
 */
export function signShellLink(secret: Uint8Array, link: ShellLink): string {
  return signText(secret, SIGN_IN, link)
}

/** The link of a token that one of the secrets signed within the last hour. */
export function readShellLink(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): ShellLink | undefined {
  return readText<ShellLink>(secrets, SIGN_IN, token, { now, lasts_ms: SHELL_LINK_MS })
}

/** The same for an invite. The server stores it when it is used, under {@link shellInviteId}, and so it works once. */
export function signShellInvite(secret: Uint8Array, invite: ShellInvite): string {
  return signText(secret, INVITE, invite)
}

export function readShellInvite(
  secrets: readonly Uint8Array[],
  token: string,
  now: number,
): ShellInvite | undefined {
  return readText<ShellInvite>(secrets, INVITE, token, { now, lasts_ms: SHELL_LINK_MS })
}

/** Id of the invite that a token of the shell stands for. */
export function shellInviteId(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex')
  // A UUID of version 8 (RFC 9562): derived, not random.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
