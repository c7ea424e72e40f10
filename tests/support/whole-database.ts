import type postgres from 'postgres'

/** What a restore changes on purpose: who owns a log, and its id. */
const CHANGED: Readonly<Record<string, string>> = { org_heads: "- 'log' - 'updated_at'" }

/** Number of rows and a sum of their values, by table; seen by a superuser. */
export async function contentOf(
  sql: postgres.Sql,
  leave_out: readonly string[] = ['mc_schema', 'sessions'],
): Promise<Record<string, { rows: number; sum: string }>> {
  const tables = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`
  const found: Record<string, { rows: number; sum: string }> = {}
  for (const { name } of tables) {
    if (leave_out.includes(name)) continue
    const [row] = await sql.unsafe<{ rows: number; sum: string }[]>(
      `select count(*)::int as rows, coalesce(md5(string_agg(line, e'\\n' order by line collate "C")), '') as sum
       from (select (to_jsonb(t) ${CHANGED[name] ?? ''})::text as line from public.${name} t) as l`,
    )
    found[name] = row!
  }
  return found
}
