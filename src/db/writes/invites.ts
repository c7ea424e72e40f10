import type { Role } from '../../contracts/vocabulary.ts'
import type { Writer } from './writer.ts'

interface NewInvite {
  id: string
  email: string
  user_id: string
  role: Role
  token_hash: string
  expires_at: string
  created_by: string | null
}

export async function insertInvite(to: Writer, invite: NewInvite): Promise<void> {
  await to.write(to.sql`
    insert into invites (org_id, id, email, user_id, role, token_hash, expires_at, created_by, created_at)
    values (${to.org_id}, ${invite.id}, ${invite.email}, ${invite.user_id}, ${invite.role}, ${invite.token_hash},
            ${invite.expires_at}, ${invite.created_by}, ${to.now})`)
}

export async function acceptInvite(to: Writer, id: string): Promise<void> {
  await to.write(
    to.sql`update invites set accepted_at = ${to.now} where org_id = ${to.org_id} and id = ${id}`,
  )
}
