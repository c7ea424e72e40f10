import { inviteToken } from '../auth/link-tokens.ts'
import { newId } from '../contracts/ids.ts'
import type { Deps } from './deps.ts'

/** A new one-time link: its token, shown once, and the row that is stored. */
export async function newLink({ hashToken }: Pick<Deps, 'hashToken'>, lasts_ms: number) {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
  const expires_at = new Date(Date.now() + lasts_ms).toISOString()
  return { token, stored: { id: newId(), token_hash: await hashToken(token), expires_at } }
}

/** The same for an invite, whose token can be made again from its id: for the mail that carries the link. */
export async function newInviteLink(deps: Pick<Deps, 'hashToken' | 'key_pepper'>, lasts_ms: number) {
  const id = newId()
  const token = inviteToken(deps.key_pepper, id)
  const expires_at = new Date(Date.now() + lasts_ms).toISOString()
  return { token, stored: { id, token_hash: await deps.hashToken(token), expires_at } }
}

/** A used or outdated link is the same as one that never was: a token of no possible shape is not looked up. */
export function isLinkToken(token: string): boolean {
  return /^[A-Za-z0-9_-]{20,100}$/.test(token)
}
