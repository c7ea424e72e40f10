import { and, eq, lt, sql as text } from 'drizzle-orm'
import type { NewScimToken } from '../../contracts/commands.ts'
import type { ScimNames } from '../../domain/scim/user.ts'
import type { Database } from '../client.ts'
import { memberships } from '../schema/orgs.ts'
import { scim_tokens, scim_users } from '../schema/scim.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

/** The last use is as exact as this. */
const USE_SECONDS = 60

interface OfUser {
  org_id: string
  user_id: string
  now: string
}

const insertToken = statement(
  (p: Params<NewScimToken & { org_id: string; created_by: string; now: string }>) =>
    build.insert(scim_tokens).values({
      org_id: p.org_id,
      id: p.id,
      name: p.name,
      prefix: p.prefix,
      token_hash: p.token_hash,
      created_by: p.created_by,
      created_at: p.now,
    }),
)

const deleteToken = statement((p: Params<{ org_id: string; id: string }>) =>
  build.delete(scim_tokens).where(and(inOrg(scim_tokens.org_id, p.org_id), eq(scim_tokens.id, p.id))),
)

const touchToken = statement((p: Params<{ org_id: string; id: string }>) =>
  build
    .update(scim_tokens)
    .set({ last_used_at: text`now()` })
    .where(
      and(
        inOrg(scim_tokens.org_id, p.org_id),
        eq(scim_tokens.id, p.id),
        lt(
          text`coalesce(${scim_tokens.last_used_at}, '-infinity')`,
          text`now() - make_interval(secs => ${USE_SECONDS})`,
        ),
      ),
    ),
)

const upsertNames = statement((p: Params<ScimNames & OfUser>) => {
  const names = {
    user_name: p.user_name,
    external_id: p.external_id,
    formatted: p.formatted,
    given_name: p.given_name,
    family_name: p.family_name,
    updated_at: p.now,
  }
  return build
    .insert(scim_users)
    .values({ ...names, org_id: p.org_id, user_id: p.user_id, created_at: p.now })
    .onConflictDoUpdate({
      target: [scim_users.org_id, scim_users.user_id],
      set: {
        user_name: text`excluded.user_name`,
        external_id: text`excluded.external_id`,
        formatted: text`excluded.formatted`,
        given_name: text`excluded.given_name`,
        family_name: text`excluded.family_name`,
        updated_at: text`excluded.updated_at`,
      },
    })
})

const deactivate = statement((p: Params<OfUser>) =>
  build
    .update(memberships)
    .set({ status: 'deactivated', updated_at: given(p.now) })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

/** One that had joined is active again, for sessions from now on; one that had not is invited. */
const reactivate = statement((p: Params<OfUser>) =>
  build
    .update(memberships)
    .set({
      status: text`case when ${memberships.account_id} is null then 'invited' else 'active' end`,
      account_since: text`case when ${memberships.account_id} is null then null else now() end`,
      updated_at: given(p.now),
    })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

export async function insertScimToken(to: Writer, created_by: string, token: NewScimToken): Promise<void> {
  await to.write(insertToken(to.sql, { ...token, org_id: to.org_id, created_by, now: to.now }))
}

export async function deleteScimToken(to: Writer, id: string): Promise<void> {
  await to.write(deleteToken(to.sql, { org_id: to.org_id, id }))
}

/** Notes the use of a token, once a minute at the most. */
export async function noteScimUse(database: Database, org_id: string, id: string): Promise<void> {
  await database.withOrg(org_id, async ({ sql }) => {
    await touchToken(sql, { org_id, id })
  })
}

export async function writeScimNames(to: Writer, user_id: string, names: ScimNames): Promise<void> {
  const { user_name, external_id, formatted, given_name, family_name } = names
  const fields = { user_name, external_id, formatted, given_name, family_name }
  await to.write(upsertNames(to.sql, { ...fields, org_id: to.org_id, user_id, now: to.now }))
}

export async function deactivateMember(to: Writer, user_id: string): Promise<void> {
  await to.write(deactivate(to.sql, { org_id: to.org_id, user_id, now: to.now }))
}

export async function reactivateMember(to: Writer, user_id: string): Promise<void> {
  await to.write(reactivate(to.sql, { org_id: to.org_id, user_id, now: to.now }))
}
