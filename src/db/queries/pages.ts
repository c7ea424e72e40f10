import type { Page } from '../../contracts/lists.ts'
import type { Fragment, OneReader, OrgRef, Sql } from '../client.ts'

export interface PageRequest {
  page: number
  per_page: number
}

/** Joins conditions; an undefined one is omitted from the text. */
export function allOf(sql: Sql, conditions: readonly (Fragment | undefined)[]): Fragment {
  const wanted = conditions.filter((condition) => condition !== undefined)
  return wanted.reduce((all, condition) => sql`${all} and ${condition}`, sql`true`)
}

/**
 * One page of a list with its total, in one snapshot and one round trip. `matching` selects the ids in order, `rows` the
 * whole resources by id. Text: filters and order differ per request. `offset 0` keeps the planner from turning the
 * look-up of each row into a join: before the first statistics that join computes every row of the org for each row of
 * the page.
 */
export async function readPage<T extends { id: string }>(
  database: OneReader,
  org_id: string,
  request: PageRequest,
  build: {
    matching(sql: Sql, org: OrgRef): Fragment
    order(sql: Sql): Fragment
    rows(sql: Sql, org: OrgRef): Fragment
    /** Set when the match is expensive to compute and small: it is materialized for total and page. */
    once?: boolean
    /** The id column of `rows`; `x.id` by default. */
    key?(sql: Sql): Fragment
  },
): Promise<Page<T>> {
  const { page, per_page } = request
  const matching = (sql: Sql, org: OrgRef) => (build.once ? sql`found` : sql`(${build.matching(sql, org)})`)
  const found = await database.readOne<{ total: number; place: number | null } & T>(
    org_id,
    (sql, org) => sql`
      with ${build.once ? sql`found as materialized (${build.matching(sql, org)}),` : sql``}
      counted as (select count(*) as total from ${matching(sql, org)} as m),
      page as materialized (
        select m.id, row_number() over () as place from (
          select * from ${matching(sql, org)} as m order by ${build.order(sql)} limit ${per_page} offset ${(page - 1) * per_page}
        ) as m
      )
      select counted.total, page.place, r.* from counted
      left join page on true
      left join lateral (${build.rows(sql, org)} and ${build.key?.(sql) ?? sql`x.id`} = page.id offset 0) as r on true
      order by page.place`,
  )
  const total = found[0]?.total ?? 0
  const data = found
    .filter((row) => row.place !== null)
    .map(({ total: _total, place: _place, ...row }) => row as unknown as T)
  return { data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}

/** Pattern for a part of a folded text; the wildcards of the pattern language are escaped. */
export function like(q: string): string {
  return `%${q.normalize('NFKD').replace(/[\\%_]/g, '\\$&')}%`
}
