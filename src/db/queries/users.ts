import type { Page } from '../../contracts/lists.ts'
import type { User } from '../../contracts/resources.ts'
import type { Role, UserType } from '../../contracts/vocabulary.ts'
import type { Sql, Tx } from '../client.ts'

type UserRow = Omit<User, 'email' | 'identifier'> & { email: string | null; identifier: string | null }

/** A member as the API answers it. Humans have an e-mail, agents an identifier. */
function toUser({ email, identifier, ...rest }: UserRow): User {
  const user: User = { ...rest }
  if (email !== null && rest.type === 'human') user.email = email
  if (identifier !== null && rest.type === 'agent') user.identifier = identifier
  return user
}

function columns(sql: Sql) {
  return sql`
    m.user_id as id, m.type, m.username, m.display_name, u.email, m.identifier, m.role, m.status, m.last_active_at,
    coalesce((select array_agg(p.project_id order by p.project_id) from project_users p
              where p.org_id = m.org_id and p.user_id = m.user_id), '{}') as assigned_project_ids,
    m.notification_preferences`
}

export async function readUser(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  user_id: string,
): Promise<User | undefined> {
  const [row] = await sql<UserRow[]>`
    select ${columns(sql)} from memberships m join users u on u.id = m.user_id
    where m.org_id = ${org_id} and m.user_id = ${user_id}`
  return row && toUser(row)
}

export interface UserFilter {
  type?: UserType
  role?: Role
  q?: string
  page: number
  per_page: number
}

/** Members by name; `q` finds a part of the display name, the username or the e-mail, whatever the case. */
export async function listUsers({ sql }: Tx, org_id: string, filter: UserFilter): Promise<Page<User>> {
  const { type = null, role = null, page, per_page } = filter
  const q = filter.q === undefined ? null : `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`
  const rows = await sql<(UserRow & { total: number })[]>`
    select ${columns(sql)}, count(*) over () as total
    from memberships m join users u on u.id = m.user_id
    where m.org_id = ${org_id}
      and (${type}::text is null or m.type = ${type}) and (${role}::text is null or m.role = ${role})
      and (${q}::text is null or m.display_name ilike ${q} or m.username ilike ${q} or u.email ilike ${q})
    order by lower(m.display_name), m.user_id
    limit ${per_page} offset ${(page - 1) * per_page}`
  let total = rows[0]?.total ?? 0
  if (rows.length === 0 && page > 1)
    total = (await listUsers({ sql }, org_id, { ...filter, page: 1 })).pagination.total
  const data = rows.map(({ total: _total, ...row }) => toUser(row))
  return { data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}
