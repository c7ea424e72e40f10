import type { Sql } from './client.ts'

/**
 * Isolation problems in the catalogue, checked before the server serves and in the tests. Each sentence names an object
 * and its problem; no sentence means that isolation holds as far as the catalogue shows.
 */
export async function lintCatalogue(sql: Sql): Promise<string[]> {
  const rows = await sql<{ problem: string }[]>`
    with app as (
      select oid, rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user
    ), tenant as (
      select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relispartition,
             case when c.relname = 'organizations' then 'id' else 'org_id' end as org
      from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and (c.relname = 'organizations' or exists (
          select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
    )
    select format('The server''s role %s is a superuser.', rolname) as problem from app where rolsuper
    union all
    select format('The server''s role %s bypasses row-level security.', rolname) from app where rolbypassrls
    union all
    select format('The server''s role is a member of %s, which owns tables or bypasses row-level security.', r.rolname)
    from pg_roles r, app
    where pg_has_role(app.oid, r.oid, 'member') and r.oid <> app.oid
      and (r.rolsuper or r.rolbypassrls or exists (select from pg_class c where c.relowner = r.oid and c.relnamespace = 'public'::regnamespace))
    union all
    select format('The server''s role owns %s.', relname) from tenant, app where relowner = app.oid
    union all
    select format('Table %s has no forced row-level security.', relname) from tenant where not (relrowsecurity and relforcerowsecurity)
    union all
    select format('Table %s has no policy for the server with USING and WITH CHECK for all commands.', relname)
    from tenant t
    where not relispartition and not exists (
      select from pg_policy p where p.polrelid = t.oid and p.polcmd = '*' and p.polqual is not null and p.polwithcheck is not null
        and (select oid from pg_roles where rolname = 'mc_app') = any(p.polroles))
    union all
    select format('Table %s has a policy for everybody or for the server that is always true.', t.relname)
    from tenant t join pg_policy p on p.polrelid = t.oid
    where pg_get_expr(p.polqual, p.polrelid) = 'true'
      and (0 = any(p.polroles) or (select oid from pg_roles where rolname = 'mc_app') = any(p.polroles))
    union all
    select format('Partition %s is granted directly.', c.relname)
    from pg_class c, app
    where c.relispartition and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
      and has_table_privilege(app.oid, c.oid, 'select, insert, update, delete, truncate')
    union all
    select format('View %s checks rights as its owner (no security_invoker).', c.relname)
    from pg_class c, app
    where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace and has_table_privilege(app.oid, c.oid, 'select')
      and not coalesce('security_invoker=true' = any(c.reloptions) or 'security_invoker=on' = any(c.reloptions), false)
    union all
    select format('Materialized view %s is readable by the server.', c.relname)
    from pg_class c, app
    where c.relkind = 'm' and c.relnamespace = 'public'::regnamespace and has_table_privilege(app.oid, c.oid, 'select')
    union all
    select format('Function %s runs as its owner without a pinned search_path.', p.proname)
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef
      and not exists (select from unnest(coalesce(p.proconfig, '{}')) s where s like 'search_path=%')
    union all
    select format('Function %s runs as %s, which bypasses row-level security.', p.proname, r.rolname)
    from pg_proc p join pg_roles r on r.oid = p.proowner
    where p.pronamespace = 'public'::regnamespace and p.prosecdef and (r.rolsuper or r.rolbypassrls)
    union all
    select format('Key %s of %s does not include the org.', con.conname, t.relname)
    from tenant t join pg_constraint con on con.conrelid = t.oid
    where t.relname <> 'organizations' and con.contype in ('p', 'u')
      and not exists (select from unnest(con.conkey) k join pg_attribute a on a.attrelid = t.oid and a.attnum = k where a.attname = t.org)
    union all
    select format('Unique index %s of %s does not include the org.', i.relname, t.relname)
    from tenant t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
    where t.relname <> 'organizations' and x.indisunique
      and not exists (select from unnest(x.indkey::int2[]) k join pg_attribute a on a.attrelid = t.oid and a.attnum = k where a.attname = t.org)
    union all
    select format('Foreign key %s of %s does not include the org.', con.conname, t.relname)
    from tenant t join pg_constraint con on con.conrelid = t.oid join tenant other on other.oid = con.confrelid
    where con.contype = 'f'
      and not exists (select from unnest(con.conkey) k join pg_attribute a on a.attrelid = t.oid and a.attnum = k where a.attname = t.org)
    union all
    select format('Foreign key %s points at %s, which may lose rows to retention.', con.conname, t.relname)
    from tenant t join pg_constraint con on con.confrelid = t.oid where con.contype = 'f' and t.relname in ('events', 'messages')`
  return rows.map((row) => row.problem).sort()
}
