import { type Answer, Person, setUp } from '../../tests/support/client.ts'
import { databaseOf, rssOf, startServer } from '../../tests/support/server.ts'
import { Statements } from '../../tests/support/statements.ts'
import type { Row, Rows } from '../row.ts'

const ORGS = 100_000
const USED = 1_000
/** Requests under way at once while the orgs are used. */
const AT_ONCE = 16
/** Instead of five minutes; long enough for all orgs to be active at once. The row goes on once the last actor is gone. */
const ACTOR_IDLE_MS = 60_000
/** An edge without connections is dropped after a minute. */
const EDGE_IDLE_MS = 65_000
const MINUTE_MS = 60_000

const idleOrgs: Row = {
  name: 'orgs that nobody uses any more: 100,000 in the database, 1,000 of them were used',
  unit: 'MiB of memory over an empty server',
  judge: [
    { at_most: 100, goal: 100 },
    { figure: 'actors', at_most: 0, goal: 0 },
    { figure: 'statements of orgs in a minute', at_most: 0, goal: 0 },
  ],
  runs_max: 1,
  async run() {
    const env = {
      MC_LOG_LEVEL: 'error',
      DEPLOYMENT_MODE: 'multi-tenant',
      MC_ACTOR_IDLE_MS: String(ACTOR_IDLE_MS),
    }
    const server = await startServer({ cluster: 'own', env })
    try {
      const admin = await setUp(server)
      const statements = await Statements.of(server)
      await use(admin, await makeOrgs(server, admin, 1, 1))
      await rest(server.url)
      const empty_mib = rssOf(server.pid)

      await use(admin, await makeOrgs(server, admin, ORGS, USED))
      const used_mib = rssOf(server.pid)
      const active = await actors(server.url)
      await rest(server.url)
      await statements.reset()
      await Bun.sleep(MINUTE_MS)
      const { total, background, by_text } = await statements.count()
      for (const { query, calls } of by_text) console.log(`  ${calls} × ${query}`)
      return {
        product: rssOf(server.pid) - empty_mib,
        actors: await actors(server.url),
        'statements of orgs in a minute': total,
        'statements of the node in a minute': background,
        'actors while they were used': active,
        'MiB over an empty server while they were used': used_mib - empty_mib,
      }
    } finally {
      await server.stop()
    }
  },
}

/** Adds orgs with a channel and a member each; the administrator belongs to the first `used` of them. */
async function makeOrgs(
  server: Parameters<typeof databaseOf>[0],
  admin: Person,
  count: number,
  used: number,
): Promise<{ slug: string; channel_id: string }[]> {
  const sql = databaseOf(server)
  const prefix = `idle-${count}`
  try {
    await sql.begin(async (tx) => {
      const [other] = await tx<{ id: string }[]>`
        insert into users (id, type, email, display_name, status)
        values (uuidv7(), 'human', ${`${prefix}@example.com`}, 'Other', 'active') returning id`
      await tx`
        create temporary table made on commit drop as
        select n, uuidv7() as id, (select settings from organizations order by created_at limit 1) as settings
        from generate_series(1, ${count}) n`
      await tx`
        insert into organizations (id, slug, name, status, settings)
        select id, ${prefix} || '-' || n, 'Org ' || n, 'active', settings from made`
      await tx`
        insert into org_heads (org_id, epoch, sequence, batch, log)
        select id, 0, 0, 0, substr(md5(id::text), 1, 8) from made`
      await tx`
        insert into channels (org_id, id, name, type, last_seq)
        select id, uuidv7(), 'general', 'org_wide', 0 from made`
      await tx`
        insert into memberships (org_id, user_id, account_id, type, role, display_name, username, status, notification_preferences)
        select id, who, who, 'human', 'administrator', 'Member', 'member', 'active', '{}'
        from made, lateral (select case when n <= ${used} then ${admin.user_id}::uuid else ${other!.id}::uuid end as who) as w`
    })
    await sql`vacuum analyze`
    return await sql<{ slug: string; channel_id: string }[]>`
      select o.slug, c.id as channel_id from organizations o
      join channels c on c.org_id = o.id
      join memberships m on m.org_id = o.id and m.user_id = ${admin.user_id}
      where o.slug like ${`${prefix}-%`}`
  } finally {
    await sql.end()
  }
}

/** A message and a list in each org: its actors and its edge are loaded. */
async function use(admin: Person, orgs: readonly { slug: string; channel_id: string }[]): Promise<void> {
  const rest = [...orgs]
  const worker = async () => {
    for (let org = rest.pop(); org; org = rest.pop()) {
      const there = new Person(admin.url)
      for (const [name, value] of admin.cookies) there.cookies.set(name, value)
      there.org = org.slug
      const message = { content: 'hello', client_id: 'first' }
      const posted = await answered(() => there.in('POST', `/channels/${org.channel_id}/messages`, message))
      const listed = await answered(() => there.in('GET', '/tasks'))
      if (posted.status >= 300 || listed.status !== 200)
        throw new Error(
          `an org cannot be used: ${JSON.stringify(posted.body)} ${JSON.stringify(listed.body)}`,
        )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** Repeats a request that a slow machine answered with 503, as a client does. */
async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== 503) return answer
    await Bun.sleep(1_000)
  }
}

/** Waits until no actor is active, and then until edges without connections are dropped. */
async function rest(url: string): Promise<void> {
  while ((await actors(url)) > 0) await Bun.sleep(1_000)
  await Bun.sleep(EDGE_IDLE_MS)
}

async function actors(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(/^mc_actors_active\{[^}]*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
}

export const idle: Rows = { 'idle-orgs': idleOrgs }
