import type { Page } from '../../contracts/lists.ts'
import type { User } from '../../contracts/resources.ts'
import type { Role, UserType } from '../../contracts/vocabulary.ts'
import type { Database, Fragment, OrgRef, Sql, Tx } from '../client.ts'
import type { invites } from '../schema/orgs.ts'
import { allOf, like, type PageRequest, readPage } from './pages.ts'

/** `join` for a new member, `password` for a new password of a member. */
export type LinkPurpose = (typeof invites.$inferSelect)['purpose']

type UserRow = Omit<User, 'avatar_url' | 'email' | 'identifier' | 'client'> & {
  avatar_url: string | null
  email: string | null
  identifier: string | null
  client: User['client'] | null
}

/** Former usernames that still lead to their member. */
export function foundUsernames(former: User['former_usernames'] = []): { former_usernames?: typeof former } {
  const now = new Date().toISOString()
  const former_usernames = former.filter(({ found_until }) => found_until > now)
  return former_usernames.length > 0 ? { former_usernames } : {}
}

/** A member as the API answers it. Humans have an e-mail, agents an identifier. */
function toUser({
  avatar_url,
  email,
  identifier,
  former_usernames,
  commands = [],
  client,
  ...rest
}: UserRow): User {
  const user: User = { ...rest, ...foundUsernames(former_usernames) }
  if (avatar_url !== null) user.avatar_url = avatar_url
  if (email !== null && rest.type === 'human') user.email = email
  if (identifier !== null && rest.type === 'agent') user.identifier = identifier
  if (commands.length > 0) user.commands = commands
  if (client) user.client = client
  return user
}

/** Whole members, with the organization's default for those who never chose their preferences; ends in a condition on `x`, so that callers go on with `and`. */
function userRows(sql: Sql, org: OrgRef): Fragment {
  return sql`
    select x.user_id as id, x.type, x.username, x.former_usernames, x.display_name,
      (select '/api/v1/orgs/' || o.slug || '/users/' || x.user_id || '/avatar?v=' || left(p.digest, 16)
        from account_pictures p, organizations o where p.account_id = x.account_id and p.digest is not null and o.id = x.org_id) as avatar_url,
      coalesce(a.email, u.email) as email, x.identifier, x.commands, x.client, x.role, x.status, x.last_active_at,
      coalesce((select array_agg(p.project_id order by p.project_id) from project_users p
                where p.org_id = x.org_id and p.user_id = x.user_id), '{}') as assigned_project_ids,
      case when x.preference_chosen or x.type <> 'human'
          or (select o.settings -> 'notifications' ->> 'default_channel' from organizations o where o.id = x.org_id) is not null
        then x.notification_preferences else '{"email": "none"}' end as notification_preferences
    from memberships x join users u on u.id = x.user_id left join users a on a.id = x.account_id where x.org_id = ${org}`
}

export async function readUser(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  user_id: string,
): Promise<User | undefined> {
  const [row] = await sql<UserRow[]>`${userRows(sql, org_id)} and x.user_id = ${user_id}`
  return row && toUser(row)
}

export async function findUser(
  database: Database,
  org_id: string,
  user_id: string,
): Promise<User | undefined> {
  const [row] = await database.readOne<UserRow>(
    org_id,
    (sql, org) => sql`${userRows(sql, org)} and x.user_id = ${user_id}`,
  )
  return row && toUser(row)
}

export interface UserFilter extends PageRequest {
  type?: UserType
  role?: Role
  /** Assigned to this project. */
  project_id?: string
  q?: string
}

/** Members by name; `q` finds a part of the display name, a username, the identifier or the e-mail, whatever case
 * and accents. */
export async function listUsers(database: Database, org_id: string, filter: UserFilter): Promise<Page<User>> {
  const { type, role, project_id, q } = filter
  const page = await readPage<UserRow>(database, org_id, filter, {
    matching: (sql, org) => sql`
      select m.user_id as id, m.display_name from memberships m
      where m.org_id = ${org} and ${allOf(sql, [
        type ? sql`m.type = ${type}` : undefined,
        role ? sql`m.role = ${role}` : undefined,
        project_id
          ? sql`exists (select from project_users p where p.org_id = m.org_id and p.project_id = ${project_id} and p.user_id = m.user_id)`
          : undefined,
        q
          ? sql`(fold_text(m.display_name) like fold_text(${like(q)}) or fold_text(m.username) like fold_text(${like(q)})
              or fold_text(m.former_usernames::text) like fold_text(${like(q)}) or fold_text(m.identifier) like fold_text(${like(q)})
              or lower((select u.email from users u where u.id = coalesce(m.account_id, m.user_id))) like lower(${like(q)}))`
          : undefined,
      ])}`,
    order: (sql) => sql`m.display_name collate "natural", m.id`,
    rows: userRows,
    key: (sql) => sql`x.user_id`,
  })
  return { ...page, data: page.data.map(toUser) }
}

export async function agentExists(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  identifier: string,
): Promise<boolean> {
  const rows = await sql`select 1 from memberships where org_id = ${org_id} and identifier = ${identifier}`
  return rows.length > 0
}

/** The member of the org with this e-mail, joined or invited. */
export async function memberWithEmail(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  email: string,
): Promise<string | undefined> {
  const [member] = await sql<{ user_id: string }[]>`
    select m.user_id from users u join memberships m on coalesce(m.account_id, m.user_id) = u.id and m.org_id = ${org_id}
    where lower(u.email) = lower(${email}) and u.type = 'human'`
  return member?.user_id
}

/** Whether an account acts as a member already. */
export async function hasMember(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  account_id: string,
): Promise<boolean> {
  const rows = await sql`select 1 from memberships where org_id = ${org_id} and account_id = ${account_id}`
  return rows.length > 0
}

/** Whether a link of this user is neither used up nor expired. */
export async function isLinkOpen(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  { id, user_id, purpose, now }: { id: string; user_id: string; purpose: LinkPurpose; now: string },
): Promise<boolean> {
  const rows = await sql`
    select 1 from invites where org_id = ${org_id} and id = ${id} and user_id = ${user_id}
      and purpose = ${purpose} and accepted_at is null and expires_at > ${now}`
  return rows.length > 0
}
