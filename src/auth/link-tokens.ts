import { createHash, createHmac } from 'node:crypto'

const PURPOSE = 'token of an invite link'

/**
 * The token of an invite's link, derived from its id: a mail with the link can be made at any time although no table
 * holds the token. `secret` is the pepper, without which an id leads nowhere.
 */
export function inviteToken(secret: Uint8Array, invite_id: string): string {
  return createHmac('sha256', secret).update(PURPOSE).update(invite_id).digest('base64url')
}

/** Hash by which the token of a one-time link is stored. */
export function hashLinkToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
