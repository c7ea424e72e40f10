import { and, eq, sql as text } from 'drizzle-orm'
import type { NewIdentity } from '../../contracts/commands.ts'
import { identities, users } from '../schema/global.ts'
import { memberships } from '../schema/orgs.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

const insert = statement(
  (p: Params<Omit<NewIdentity, 'email_verified'> & { user_id: string; now: string }>) =>
    build
      .insert(identities)
      .values({
        id: p.id,
        provider: p.provider,
        issuer: p.issuer,
        subject: p.subject,
        user_id: p.user_id,
        email: p.email,
        created_at: p.now,
      })
      .onConflictDoNothing(),
)

const openAccount = statement(
  (p: Params<{ id: string; display_name: string; proved_email: string | null; now: string }>) =>
    build
      .update(users)
      .set({
        status: 'active',
        display_name: given(p.display_name),
        email_proved_at: text`case when lower(${users.email}) = lower(${p.proved_email}::text) then ${p.now}::timestamptz end`,
        updated_at: given(p.now),
      })
      .where(eq(users.id, p.id)),
)

const setAccount = statement((p: Params<{ org_id: string; user_id: string; account_id: string }>) =>
  build
    .update(memberships)
    .set({ account_id: given(p.account_id), account_since: text`now()`, updated_at: text`now()` })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

/** Makes the row of an invited member an account that an identity opens. */
export async function openByIdentity(
  to: Writer,
  { id, display_name }: { id: string; display_name: string },
  { email, email_verified }: NewIdentity,
): Promise<void> {
  const proved_email = email_verified ? email : null
  await to.write(openAccount(to.sql, { id, display_name, proved_email, now: to.now }))
}

/** Stores that an identity opens an account; one that is stored already stays as it is. */
export async function storeIdentity(to: Writer, user_id: string, identity: NewIdentity): Promise<void> {
  await to.write(insert(to.sql, { ...identity, user_id, now: to.now }))
}

/** Another account acts as a member from now on. */
export async function moveMember(
  to: Writer,
  { user_id, account_id }: { user_id: string; account_id: string },
): Promise<void> {
  await to.write(setAccount(to.sql, { org_id: to.org_id, user_id, account_id }))
}
