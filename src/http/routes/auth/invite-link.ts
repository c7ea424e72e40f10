import { inviteToken } from '../../../auth/link-tokens.ts'
import { shellInviteId } from '../../../auth/shell-links.ts'
import type { Deps } from '../../deps.ts'
import { isLinkToken } from '../../one-time-link.ts'

/** The token under which an invite is stored: a link of the shell stands for the invite whose id is derived from it. */
export function storedToken(deps: Pick<Deps, 'shellInvite' | 'key_pepper'>, token: string): string {
  return deps.shellInvite(token) ? inviteToken(deps.key_pepper, shellInviteId(token)) : token
}

/** The invite of a link; undefined when it does not exist, was used or has expired. */
export async function findInvite(
  deps: Pick<Deps, 'accounts' | 'hashToken' | 'shellInvite' | 'key_pepper'>,
  link_token: string,
) {
  const token = storedToken(deps, link_token)
  if (!isLinkToken(token)) return undefined
  const invite = await deps.accounts.invite(await deps.hashToken(token))
  if (invite?.purpose !== 'join' || invite.accepted_at !== null) return undefined
  return Date.parse(invite.expires_at) > Date.now() ? invite : undefined
}
