import type { Page } from '../../contracts/lists.ts'
import type { ScimToken } from '../../contracts/resources.ts'
import type { ScimMember } from '../../domain/scim/user.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { allOf, type PageRequest, readPage } from './pages.ts'

/** Tokens of an org, newest first. */
export async function listScimTokens(
  database: OneReader,
  org_id: string,
  request: PageRequest,
): Promise<Page<ScimToken>> {
  return await readPage<ScimToken>(database, org_id, request, {
    matching: (sql, org) => sql`select t.id, t.created_at from scim_tokens t where t.org_id = ${org}`,
    order: (sql) => sql`m.created_at desc, m.id desc`,
    rows: (sql, org) => sql`
      select x.id, x.name, x.prefix, x.created_by, x.created_at, x.last_used_at from scim_tokens x where x.org_id = ${org}`,
  })
}

/** The token with this hash. Whether whoever made it may use it still is for the permissions to say. */
export async function findScimToken(
  database: OneReader,
  org_id: string,
  token_hash: string,
): Promise<{ id: string; created_by: string } | undefined> {
  const [found] = await database.readOne<{ id: string; created_by: string }>(
    org_id,
    (sql, org) => sql<{ id: string; created_by: string }[]>`
      select x.id, x.created_by from scim_tokens x where x.org_id = ${org} and x.token_hash = ${token_hash}`,
  )
  return found
}

/** Of a command: there is no other writer. */
export async function scimTokens({ sql }: Pick<Tx, 'sql'>, org_id: string): Promise<ScimToken[]> {
  return await sql<ScimToken[]>`
    select id, name, prefix, created_by, created_at, last_used_at from scim_tokens where org_id = ${org_id}`
}

interface Narrowed {
  id?: string | undefined
  /** Or the e-mail of one that no provider has named. */
  user_name?: string | undefined
  external_id?: string | undefined
}

function rows(sql: Sql, org: OrgRef, { id, user_name, external_id }: Narrowed): Fragment {
  return sql`
    select x.user_id as id, x.role, x.status, x.display_name, coalesce(u.email, '') as email, x.created_at,
      greatest(x.updated_at, s.updated_at) as updated_at, s.user_name, s.external_id, s.formatted, s.given_name, s.family_name
    from memberships x join users u on u.id = x.user_id
    left join scim_users s on s.org_id = x.org_id and s.user_id = x.user_id
    where x.org_id = ${org} and x.type = 'human' and ${allOf(sql, [
      id === undefined ? undefined : sql`x.user_id = ${id}`,
      user_name === undefined
        ? undefined
        : // The possible ones by their indexes, then the one among them that goes by this name now.
          sql`x.user_id = any (array(
              select n.user_id from scim_users n where n.org_id = ${org} and n.user_name_key = lower(${user_name})
              union all
              select m.user_id from users e join memberships m on m.user_id = e.id and m.org_id = ${org}
              where lower(e.email) = lower(${user_name})))
            and lower(coalesce(s.user_name, u.email)) = lower(${user_name})`,
      external_id === undefined
        ? undefined
        : sql`x.user_id = any (array(
            select n.user_id from scim_users n where n.org_id = ${org} and n.external_id = ${external_id}))`,
    ])}
    order by x.created_at, x.user_id`
}

/** People of an org as SCIM knows them, in the order in which they came; bounded by the members of the org. */
export async function listScimMembers(
  database: OneReader,
  org_id: string,
  narrowed: Narrowed = {},
): Promise<ScimMember[]> {
  return await database.readOne<ScimMember>(
    org_id,
    (sql, org) => sql<ScimMember[]>`${rows(sql, org, narrowed)}`,
  )
}

/** One of them, and whether an account acts as it. */
export async function readScimMember(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  id: string,
): Promise<(ScimMember & { joined: boolean }) | undefined> {
  const [row] = await sql<(ScimMember & { joined: boolean })[]>`
    select x.*, (select m.account_id is not null from memberships m where m.org_id = ${org_id} and m.user_id = x.id) as joined
    from (${rows(sql, org_id, { id })}) as x`
  return row
}

/** The member that a provider knows by this name. */
export async function memberWithUserName(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  user_name: string,
): Promise<string | undefined> {
  const [row] = await sql<ScimMember[]>`${rows(sql, org_id, { user_name })}`
  return row?.id
}
