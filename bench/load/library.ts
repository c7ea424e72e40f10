import type postgres from 'postgres'

const PROJECTS = 20
const TASKS = 2_000
/** Messages are spread over this time, so that they lie in a partition of each month. */
const MONTHS = 11

/**
 * Fills an org with 20 projects, 2,000 tasks and this many messages, by the database alone. The text is made by a grammar
 * (who, did, what, where, why), the same for the same numbers: every tenth message says "deploy", every hundredth
 * "invoice", every thousandth "timezone", every fourth names a ticket, every twentieth is partly Chinese.
 */
export async function fillLibrary(
  sql: postgres.Sql,
  { org_id, user_id, reader_id }: { org_id: string; user_id: string; reader_id: string },
  messages: number,
): Promise<{ project_ids: string[] }> {
  await sql`set role mc_owner`
  for (let months = 0; months <= MONTHS; months++)
    await sql`select * from make_partition('messages', (date_trunc('month', now()) - make_interval(months => ${months}))::date)`
  await sql`reset role`
  // Rows first, their words after: an index that grows with each row takes several times as long.
  const indexes = await sql<{ name: string; definition: string }[]>`
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
    where i.indrelid = 'messages'::regclass and a.amname = 'gin'`
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`)
  const project_ids = await sql.begin(async (tx) => {
    await tx`create function pg_temp.pick(words text[], n bigint, salt int) returns text language sql immutable as $$
      select words[1 + abs(hashint8extended(n, salt) % array_length(words, 1))] $$`
    await tx`create function pg_temp.clause(n bigint, salt int) returns text language sql immutable as $$
      select concat_ws(' ',
        pg_temp.pick(array['I', 'we', 'the customer', 'forge', 'the night build', 'support', 'probe', 'the mobile team', 'Ines', 'Tomasz'], n, salt),
        pg_temp.pick(array['reproduced', 'fixed', 'measured', 'reverted', 'reviewed', 'cannot explain', 'postponed', 'documented', 'tested', 'reported', 'merged', 'profiled'], n, salt + 1),
        pg_temp.pick(array['the upload queue', 'the session cursor', 'the retry timer', 'the login page', 'the migration', 'the board filter', 'the message order', 'the rate limit', 'the search index', 'the webhook', 'the cache', 'the permission check', 'the dark theme', 'the settings dialog', 'the export', 'the attachment preview'], n, salt + 2),
        pg_temp.pick(array['on staging', 'in production', 'on my phone', 'after a restart', 'under load', 'with two clients', 'behind the proxy', 'in the nightly run', 'on the slow network', 'with an empty cache'], n, salt + 3)) $$`
    await tx`create function pg_temp.said(n bigint) returns text language sql immutable as $$
      select pg_temp.clause(n, 11) || '. ' ||
        case when n % 10 = 3 then 'Ready to deploy. ' else '' end ||
        case when n % 100 = 7 then 'The invoice is affected too. ' else '' end ||
        case when n % 1000 = 9 then 'Only when the timezone changes. ' else '' end ||
        case when n % 4 = 0 then 'See ' || pg_temp.pick(array['AUTH', 'SYNC', 'PAY', 'UI'], n, 5) || '-' || (abs(hashint8extended(n, 6)) % 5000) || '. ' else '' end ||
        case when n % 20 = 1 then pg_temp.pick(array['我们明天部署到服务器。', '请确认客户的订单。', '上海的网络很慢。', '测试已经通过了。'], n, 8) || ' ' else '' end ||
        'Because ' || pg_temp.clause(n, 23) || '.' $$`
    await tx`create temp table p on commit drop as
      select n, uuidv7() as id, uuidv7() as channel_id from generate_series(1, ${PROJECTS}) n`
    await tx`insert into projects (org_id, id, name, type, stage, description, channel_id, owner_id, created_by)
      select ${org_id}, id, 'Project ' || n || ' ' || pg_temp.pick(array['billing', 'mobile client', 'search', 'onboarding', 'reports'], n, 1),
        'software', 'development', pg_temp.clause(n, 51), channel_id, ${user_id}, ${user_id} from p`
    await tx`insert into channels (org_id, id, name, type, project_id) select ${org_id}, channel_id, 'Project ' || n, 'project', id from p`
    await tx`insert into project_users (org_id, project_id, user_id) select ${org_id}, id, ${reader_id} from p where n % 4 = 0`
    await tx`create temp table t on commit drop as select n, uuidv7() as id from generate_series(1, ${TASKS}) n`
    await tx`insert into tasks (org_id, id, title, description, type, priority, status, created_by)
      select ${org_id}, id, pg_temp.clause(n, 71), pg_temp.said(n), 'bug', 'medium', 'backlog', ${user_id} from t`
    await tx`insert into task_projects (org_id, task_id, project_id)
      select ${org_id}, t.id, p.id from t join p on p.n = 1 + t.n % ${PROJECTS}`
    await tx`create index on p (n)`
    await tx`insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at)
      select ${org_id}, uuidv7(past), p.channel_id, 1 + g.n / ${PROJECTS}, ${user_id}, 'human', 'Founder', 'text', pg_temp.said(g.n), now() + past
      from generate_series(0, ${messages - 1}) g(n)
      cross join lateral (select make_interval(secs => (g.n - ${messages})::float * ${MONTHS} * 30 * 86400 / ${messages}) as past) time
      join p on p.n = 1 + g.n % ${PROJECTS}`
    await tx`update channels c set last_seq = s.last
      from (select channel_id, max(seq) as last from messages where org_id = ${org_id} group by 1) s
      where c.org_id = ${org_id} and c.id = s.channel_id`
    const rows = await tx<{ id: string }[]>`select id from p where n % 4 = 0 order by n`
    await tx`drop function pg_temp.said`
    await tx`drop function pg_temp.clause`
    await tx`drop function pg_temp.pick`
    return rows.map(({ id }) => id)
  })
  await sql`set maintenance_work_mem = '1GB'`
  for (const { definition } of indexes) await sql.unsafe(definition.replace(' ON ONLY ', ' ON '))
  await sql`vacuum (analyze) messages`
  await sql`vacuum (analyze) tasks`
  return { project_ids }
}
