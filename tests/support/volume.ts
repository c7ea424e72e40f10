import type postgres from 'postgres'

export interface Volume {
  members: number
  projects: number
  tasks: number
  messages: number
  notifications: number
}

/**
 * Fills an org as it would look after years, as the superuser and by the database alone; the log goes on after its last
 * event. Texts have words of this domain, so that a search finds some of them and not all.
 */
export async function fillOrg(
  sql: postgres.Sql,
  org_id: string,
  user_id: string,
  size: Volume,
): Promise<void> {
  const { members, projects, tasks, messages, notifications } = size
  await sql.begin(async (tx) => {
    await tx`create temp table words on commit drop as
      select array['upload', 'queue', 'banner', 'crash', 'restart', 'photo', 'report', 'index', 'signal', 'tunnel', 'crew',
        'deploy', 'invoice', 'retry', 'timeout', 'sync', 'cursor', 'review', 'merge', 'layout'] as w`
    await tx`create function pg_temp.sentence(n bigint, length int) returns text language sql as $$
      select string_agg(w[1 + (n * 7 + i * i * 13 + n / 20) % 20], ' ') || ' AUTH-' || (n % 5000)
      from words, generate_series(1, length) i $$`

    // The task as it was created: nobody assigned, nothing added.
    await tx`create function pg_temp.created(task tasks, project_id uuid) returns jsonb language sql as $$
      select jsonb_build_object('task', jsonb_build_object(
        'id', task.id, 'title', task.title, 'description', task.description, 'type', task.type, 'priority', task.priority,
        'status', 'backlog', 'project_ids', array[project_id], 'assignee_ids', '[]'::jsonb, 'required_evidence_types', '[]'::jsonb,
        'evidence', '[]'::jsonb, 'blocked_by', '[]'::jsonb, 'blocks', '[]'::jsonb, 'is_blocked', false, 'sub_agents', '[]'::jsonb,
        'version', 1, 'created_by', task.created_by, 'completed_at', null, 'archived_at', null, 'created_at', at, 'updated_at', at))
      from to_char(task.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') at $$`

    await tx`create temp table m on commit drop as select n, uuidv7() as id from generate_series(1, ${members}) n`
    await tx`insert into users (id, type, email, display_name, status)
      select id, 'human', id || '@volume.example', 'Member ' || n, 'active' from m`
    await tx`insert into memberships (org_id, user_id, type, role, display_name, username, status, notification_preferences)
      select ${org_id}, id, 'human', 'contributor', 'Member ' || n, 'member-' || n, 'active', '{"email": "all"}' from m`
    // The founder takes part in everything a member does.
    await tx`insert into m values (0, ${user_id})`

    await tx`create temp table p on commit drop as
      select n, uuidv7() as id, uuidv7() as channel_id from generate_series(1, ${projects}) n`
    await tx`insert into projects (org_id, id, name, type, stage, description, channel_id, owner_id, created_by, created_at)
      select ${org_id}, id, 'Project ' || n || ' ' || pg_temp.sentence(n, 2), 'software',
        (array['definition', 'poc', 'development', 'testing', 'adoption', 'maintenance', 'end-of-life'])[1 + n % 7],
        pg_temp.sentence(n, 8), channel_id, ${user_id}, ${user_id}, now() - interval '1 minute' * n from p`
    await tx`insert into channels (org_id, id, name, type, project_id)
      select ${org_id}, channel_id, 'Project ' || n, 'project', id from p`
    await tx`insert into project_users (org_id, project_id, user_id)
      select distinct ${org_id}::uuid, p.id, m.id from p, m where m.n in (0, p.n % ${members + 1}, (p.n * 3) % ${members + 1})`

    await tx`create temp table t on commit drop as select n, uuidv7() as id from generate_series(1, ${tasks}) n`
    await tx`create index on t (n)`
    await tx`create index on p (n)`
    await tx`insert into tasks (org_id, id, title, description, type, priority, status, created_by, created_at, updated_at, archived_at)
      select ${org_id}, id, pg_temp.sentence(n, 4), pg_temp.sentence(n, 12), (array['bug', 'feature', 'chore'])[1 + n % 3],
        (array['low', 'medium', 'high', 'critical'])[1 + n % 4], (array['backlog', 'in-progress', 'in-review', 'complete'])[1 + (n / 4) % 4],
        ${user_id}, now() - interval '1 second' * n, now() - interval '1 second' * (n % 1000),
        case when n % 11 = 0 then now() end from t`
    await tx`insert into task_projects (org_id, task_id, project_id)
      select ${org_id}, t.id, p.id from t join p on p.n = 1 + t.n % ${projects}`
    await tx`insert into task_assignees (org_id, task_id, user_id)
      select ${org_id}, t.id, m.id from t join m on m.n = t.n % ${members + 1}`
    await tx`insert into task_dependencies (org_id, task_id, blocked_by_id)
      select ${org_id}, a.id, b.id from t a join t b on b.n = a.n - 7 where a.n % 3 = 0`
    await tx`insert into task_evidence (org_id, id, task_id, type, url, added_by)
      select ${org_id}, uuidv7(), id, 'pr_link', 'https://git.example/pulls/' || n, ${user_id} from t where n % 5 = 0`
    await tx`insert into sub_agents (org_id, id, number, display_name, task_id, model, instructions, status, created_by,
        expires_at, created_at, ended_at)
      select ${org_id}, uuidv7(), n, 'Sub-agent ' || n, id, 'fake-1', 'Do it.', case when n % 100 = 0 then 'active' else 'completed' end,
        ${user_id}, now() + interval '1 day', now() - interval '1 second' * n, case when n % 100 = 0 then null else now() end
      from t where n % 4 = 0`

    const [head] = await tx<{ sequence: string }[]>`select sequence from org_heads where org_id = ${org_id}`
    const base = Number(head!.sequence)
    const busy = Math.max(1, Math.min(projects, 20))
    await tx`create temp table x on commit drop as
      select g.n, uuidv7() as id, p.id as project_id, p.channel_id, 1 + g.n / ${busy} as seq
      from generate_series(0, ${messages - 1}) g(n) join p on p.n = 1 + g.n % ${busy}`
    // Messages and task events, mixed as they would come.
    await tx`create temp table l on commit drop as
      select ${base} + row_number() over (order by place) as sequence, message_n, task_n,
        date_trunc('month', now()) + (now() - date_trunc('month', now())) * place as created_at
      from (select n::float / ${messages} as place, n as message_n, null::bigint as task_n from x
            union all select n::float / ${tasks}, null, n from t) as mixed`
    await tx`create index on l (message_n)`
    await tx`create index on l (task_n)`
    await tx`insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, client_id, created_at)
      select ${org_id}, id, channel_id, seq, ${user_id}, 'human', 'Founder', 'text', pg_temp.sentence(n, 12), 'volume-' || n, l.created_at
      from x join l on l.message_n = x.n`
    await tx`insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash)
      select ${org_id}, channel_id, ${user_id}, 'volume-' || n, id, seq, 'h' from x`
    await tx`insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id, message_id, message_seq, created_at)
      select ${org_id}, l.sequence, 'message.created', ${user_id}, 'human', 'Founder', array[project_id], channel_id, id, seq, l.created_at
      from x join l on l.message_n = x.n`
    await tx`update channels c set last_seq = s.last from (select channel_id, max(seq) as last from x group by 1) s
      where c.org_id = ${org_id} and c.id = s.channel_id`
    await tx`insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, task_id, payload, created_at)
      select ${org_id}, l.sequence, 'task.created', ${user_id}, 'human', 'Founder', array[p.id], t.id, pg_temp.created(tasks, p.id), l.created_at
      from t join p on p.n = 1 + t.n % ${projects} join l on l.task_n = t.n
      join tasks on tasks.org_id = ${org_id} and tasks.id = t.id`
    await tx`update org_heads set sequence = ${base + messages + tasks} where org_id = ${org_id}`

    await tx`insert into notifications (org_id, id, user_id, type, event_sequence, resource, title, read_at)
      select ${org_id}, uuidv7(), m.id, 'task.transitioned', g.n,
        jsonb_build_object('type', 'task', 'id', uuidv7(), 'channel_id', null, 'seq', null), 'T', case when g.n % 2 = 0 then now() end
      from generate_series(1, ${notifications}) g(n) join m on m.n = g.n % ${members + 1}`
    await tx`insert into emails (org_id, id, user_id, kind, status, last_error, created_at, sent_at)
      select ${org_id}, uuidv7(), m.id, 'notification', case when g.n % 20 = 0 then 'failed' else 'sent' end, 'E', now() - g.n * interval '1 minute', case when g.n % 20 > 0 then now() - g.n * interval '1 minute' end
      from generate_series(1, ${notifications}) g(n) join m on m.n = g.n % ${members + 1}`
    await tx`insert into channel_reads (org_id, channel_id, user_id, read_seq)
      select ${org_id}, pc.channel_id, pu.user_id, 0 from project_users pu join p pc on pc.id = pu.project_id where pu.org_id = ${org_id}`
    await tx`insert into message_deliveries (org_id, channel_id, seq, agent_id, state)
      select ${org_id}, channel_id, seq, ${user_id}, 'answered' from x where n % 10 = 0`
    await tx`insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac)
      select ${org_id}, uuidv7(), right(id::text, 12), 'live', id, 'p', 'b', 'h' from m where n > 0`
    await tx`insert into sessions (id, user_id, jti, expires_at, last_seen_at)
      select uuidv7(), id, id::text, now() + interval '1 day', now() from m where n > 0`
    await tx`drop function pg_temp.sentence`
    await tx`drop function pg_temp.created`
  })
  await sql`vacuum (analyze)`
}
