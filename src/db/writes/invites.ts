import { and, eq, isNull } from 'drizzle-orm'
import type { Role } from '../../contracts/vocabulary.ts'
import type { LinkPurpose } from '../queries/users.ts'
import { invites } from '../schema/orgs.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

interface NewInvite {
  id: string
  purpose: LinkPurpose
  email: string
  user_id: string
  role: Role
  token_hash: string
  expires_at: string
  created_by: string | null
}

const insert = statement((p: Params<NewInvite & { org_id: string; now: string }>) =>
  build.insert(invites).values({
    org_id: p.org_id,
    id: p.id,
    purpose: p.purpose,
    email: p.email,
    user_id: p.user_id,
    role: p.role,
    token_hash: p.token_hash,
    expires_at: p.expires_at,
    created_by: p.created_by,
    created_at: p.now,
  }),
)

const accept = statement((p: Params<{ org_id: string; id: string; now: string }>) =>
  build
    .update(invites)
    .set({ accepted_at: given(p.now) })
    .where(and(inOrg(invites.org_id, p.org_id), eq(invites.id, p.id))),
)

const withdraw = statement((p: Params<{ org_id: string; user_id: string; now: string }>) =>
  build
    .update(invites)
    .set({ expires_at: given(p.now) })
    .where(and(inOrg(invites.org_id, p.org_id), eq(invites.user_id, p.user_id), isNull(invites.accepted_at))),
)

/** Ends every open link of a member. */
export async function withdrawInvites(to: Writer, user_id: string): Promise<void> {
  await to.write(withdraw(to.sql, { org_id: to.org_id, user_id, now: to.now }))
}

export async function insertInvite(to: Writer, invite: NewInvite): Promise<void> {
  await to.write(insert(to.sql, { ...invite, org_id: to.org_id, now: to.now }))
}

export async function acceptInvite(to: Writer, id: string): Promise<void> {
  await to.write(accept(to.sql, { org_id: to.org_id, id, now: to.now }))
}
