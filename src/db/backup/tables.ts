import type pg from 'pg'

/** A table as a backup holds it: the columns that are stored, in their order. */
export interface BackupTable {
  name: string
  columns: readonly string[]
}

/** Tables that no backup holds, each with the reason. */
export const TABLES_NOT_IN_BACKUPS: Readonly<Record<string, string>> = {
  mc_schema: 'written by the migrations of the restored database',
  sessions: 'a session that was ended after the backup would be alive again: everybody signs in anew',
}

/** Letters that are safe in SQL without quotes; every table and column of the product has such a name. */
const NAME = /^[a-z_][a-z0-9_]*$/

/**
 * Tables of the product with their stored columns, referenced tables first. Generated columns are computed again. The
 * catalogue decides, not a list: a new table is in the next backup without anybody thinking of it.
 */
export async function tablesOf(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; refers_to: string[] }>(`
    select c.relname as name,
      (select json_agg(a.attname order by a.attnum) from pg_attribute a
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select coalesce(json_agg(distinct f.relname), '[]') from pg_constraint k join pg_class f on f.oid = k.confrelid
       where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as refers_to
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`)
  return inOrder(rows).map(({ name, columns }) => ({ name, columns }))
}

/** Referenced tables first; of equals, by name. */
export function inOrder<T extends { name: string; refers_to: readonly string[] }>(tables: readonly T[]): T[] {
  const ordered: T[] = []
  const waiting = [...tables]
  while (waiting.length > 0) {
    const at = waiting.findIndex(({ refers_to }) => !waiting.some(({ name }) => refers_to.includes(name)))
    if (at < 0)
      throw new Error(`Tables refer to each other in a circle: ${waiting.map(({ name }) => name).join(', ')}`)
    ordered.push(...waiting.splice(at, 1))
  }
  return ordered
}

/** `name (a, b)` for a COPY. Throws for a name that a file made up. */
export function targetOf({ name, columns }: BackupTable): string {
  for (const word of [name, ...columns])
    if (!NAME.test(word)) throw new Error(`Not a name of a table: ${word}`)
  return `public.${name} (${columns.join(', ')})`
}
