import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Task } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, type Person } from '../../support/client.ts'
import {
  agentAt,
  expectWhole,
  makeOrgAt,
  personAt,
  postSurely,
  signal,
  startNodes,
  type TestNodes,
} from '../../support/nodes.ts'
import { plain } from '../../support/plain.ts'
import type { TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'
import { spawnSubAgent } from '../../support/sub-agent.ts'

/** Rows beyond those of one step of a deletion. */
const EVENTS = 12_000
const DELETED = 'an organization was deleted at the end of its grace period'

let cluster: TestNodes

beforeAll(async () => {
  // The jobs of a node that died are soon another's.
  cluster = await startNodes(2, { env: { MC_JOB_LEASE_MS: '3000' } })
})
afterAll(() => cluster?.stop())

/** An org with members, agents, sub-agents, streams and sockets on both nodes. */
interface Populated {
  id: string
  slug: string
  channel_id: string
  /** The same administrator at each node, who belongs to another org too. */
  admins: Person[]
  /** Two agents' and two sub-agents' clients, each at one node. */
  agents: Agent[]
  streams: SseJournal[]
  sockets: WsJournal[]
}

const nodeAt = (n: number): TestServer => cluster.nodes[n]!

/** Its owner is the node numbered `owner`. */
async function populate(slug: string, owner: number): Promise<Populated> {
  const { id, person, channel_id } = await makeOrgAt(personAt(cluster.admin, nodeAt(owner)), slug)
  const admins = cluster.nodes.map((node) => personAt(person, node))
  const task = (await person.in<Task>('POST', '/tasks', { title: 'Resume uploads' })).body
  const forge = await addAgent(person, 'forge')
  const agents = cluster.nodes.map((node) => agentAt(forge, node))
  // Spawned at one node, connected to the other.
  for (const [n, by] of [...agents].entries()) {
    const { agent } = await spawnSubAgent(by, { task_id: task.id })
    agents.push(agentAt(agent, nodeAt(1 - n)))
  }
  for (const [n, admin] of admins.entries()) await postSurely(admin, channel_id, `posted at ${n}`)
  expect(await cluster.settledOwner(id)).toBe(nodeAt(owner))
  const streams: SseJournal[] = []
  const sockets: WsJournal[] = []
  for (const who of [...admins, ...agents]) {
    const path = `${who.url}/api/v1/orgs/${slug}`
    const headers = 'cookieHeader' in who ? { Cookie: who.cookieHeader, Origin: who.url } : who.headers
    const stream = await SseJournal.open(`${path}/events/stream`, headers)
    await until(() => stream.frames.length > 0, 'an open stream')
    streams.push(stream)
    sockets.push(await WsJournal.open(`${path}/channels/ws`, headers))
  }
  await cluster.sql`
    insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, created_at)
    select ${id}, n, 'task.updated', ${person.user_id}, 'human', 'Ines', now()
    from generate_series(100000, ${100_000 + EVENTS}::int) n`
  return { id, slug, channel_id, admins, agents, streams, sockets }
}

/** An administrator deletes it at the node numbered `at`: its grace period begins. */
async function deleteAt(at: number, { slug, admins }: Populated): Promise<void> {
  expect((await admins[at]!.in('DELETE', '', { confirm: slug })).status).toBeLessThan(300)
}

/**
 * The grace period ends. This node, and not the other one, begins the deletion, and is kept inside of a later step;
 * resolves there.
 */
async function beginAt(deleter: number, { id }: Populated): Promise<{ goOn(): Promise<void> }> {
  const sql = plain(cluster.owner)
  const [locked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = sql.begin(async (tx) => {
    await tx`select from events where org_id = ${id} and sequence = ${100_000 + EVENTS / 2} for update`
    locked.resolve()
    await release.promise
  })
  await locked.promise
  const other = nodeAt(1 - deleter).pid
  signal(other, 'SIGSTOP')
  try {
    await cluster.sql`update organizations set deletion_at = now() - interval '1 second' where id = ${id}`
    await cluster.sql`select mc_jobs.add_job('delete_orgs', '{}'::json)`
    await until(
      async () => (await deleting()).some(({ waits_for }) => waits_for === 'Lock'),
      'a step that waits',
    )
  } finally {
    signal(other, 'SIGCONT')
  }
  return {
    async goOn() {
      release.resolve()
      await holding
      await sql.end()
    },
  }
}

/** Steps of deletions under way in the database. */
const deleting = () => cluster.sql<{ waits_for: string | null }[]>`
  select wait_event_type as waits_for from pg_stat_activity where datname = current_database() and state = 'active'
    and query like '%delete_org_step%' and application_name = 'mission-control background'`

const rowsOf = async (org_id: string): Promise<Record<string, number>> => {
  const tables = await cluster.sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`
  const rows: Record<string, number> = {}
  for (const { name } of [...tables, { name: 'organizations' }]) {
    const column = name === 'organizations' ? 'id' : 'org_id'
    const [row] = await cluster.sql<{ count: number }[]>`
      select count(*)::int as count from ${cluster.sql(name)} where ${cluster.sql(column)} = ${org_id}`
    rows[name] = row?.count ?? 0
  }
  return rows
}
const total = (rows: Record<string, number>) => Object.values(rows).reduce((sum, n) => sum + n, 0)

const statuses = async (whos: readonly (Person | Agent)[], channel_id: string): Promise<number[]> => {
  const answers: number[] = []
  for (const who of whos) {
    answers.push((await who.in('GET', '/channels')).status)
    answers.push((await who.in('POST', `/channels/${channel_id}/messages`, { content: 'Late.' })).status)
  }
  return answers
}

async function expectStreamsEnd({ streams, sockets }: Populated): Promise<void> {
  await until(() => streams.every(({ ended }) => ended), 'the end of all streams')
  await until(() => sockets.every(({ close_code }) => close_code !== undefined), 'the end of all sockets')
  // A key may have ended with its row before.
  for (const stream of streams) expect(stream.ofType('session.revoked')).toHaveLength(1)
  expect(sockets.map(({ close_code }) => close_code)).toEqual(sockets.map(() => 4001))
}

/** Nothing of it is left in PostgreSQL, in the queue and in Redis; its address is free on both nodes. */
async function expectGone({ id, slug, admins, agents, channel_id }: Populated): Promise<void> {
  await until(async () => (await rowsOf(id)).organizations === 0, 'the last step')
  expect(total(await rowsOf(id))).toBe(0)
  const queued = () => cluster.sql`select 1 from mc_jobs._private_jobs where payload::text like ${`%${id}%`}`
  await until(async () => (await queued()).length === 0, 'an empty queue')
  await until(async () => (await cluster.redis.cli('get', `mc:owner:${id}`)).trim() === '', 'no owner')
  expect(new Set(await statuses(admins, channel_id))).toEqual(new Set([404]))
  // Its keys are gone as well.
  expect(new Set(await statuses(agents, channel_id))).toEqual(new Set([401]))
  const [here, there] = admins as [Person, Person]
  const again = await here.call<{ id: string }>('POST', '/api/v1/orgs', { name: slug, slug })
  expect(again.status).toBe(201)
  const seen = await there.in<{ id: string }>('GET', '')
  expect([seen.status, seen.body.id]).toEqual([200, again.body.id])
}

const deletions = () => cluster.nodes.map((node) => node.log().split(DELETED).length - 1)

describe('D19 an org on two nodes', () => {
  test.each([
    { owner: 0, deleter: 1, redis: 'there' },
    { owner: 1, deleter: 1, redis: 'there' },
    { owner: 0, deleter: 0, redis: 'away' },
    { owner: 1, deleter: 0, redis: 'away' },
  ])('ends on both from the first step on: owner $owner, deleted at $deleter, Redis $redis', async (row) => {
    const { owner, deleter, redis } = row
    const doomed = await populate(`doomed-${owner}-${deleter}-${redis}`, owner)
    const other = await makeOrgAt(cluster.admin, `other-${owner}-${deleter}-${redis}`)
    const acked = [await postSurely(other.person, other.channel_id, 'stays')]
    const before = await rowsOf(other.id)
    await deleteAt(deleter, doomed)
    // Read-only, not gone.
    for (const admin of doomed.admins) expect((await admin.in('GET', '/channels')).status).toBe(200)
    expect(doomed.streams.some(({ ended }) => ended)).toBe(false)
    const told = () =>
      cluster.metric(nodeAt(1 - deleter), 'mc_relay_messages_total{outcome="received",kind="org_forgotten"}')
    const told_before = await told()
    if (redis === 'away') await cluster.redis.kill()

    const { goOn } = await beginAt(deleter, doomed)
    await expectStreamsEnd(doomed)
    // By word of the deleter, or by the missing head row.
    if (redis === 'there') await until(async () => (await told()) > told_before, 'word of the deletion')
    else expect(await told()).toBe(told_before)
    expect(new Set(await statuses(doomed.admins, doomed.channel_id))).toEqual(new Set([404]))
    for (const status of await statuses(doomed.agents, doomed.channel_id))
      expect([401, 404]).toContain(status)
    // All of that before the deletion is at its end.
    const left = await rowsOf(doomed.id)
    expect([left.organizations, left.org_heads]).toEqual([1, 0])
    expect(left.events).toBeGreaterThan(EVENTS / 2)

    await goOn()
    if (redis === 'away') await cluster.redis.start()
    await expectGone(doomed)
    expect(await rowsOf(other.id)).toEqual(before)
    await expectWhole(cluster.sql, other.id, other.channel_id, acked)
  })

  test.each([
    { owner: 0, deleter: 0 },
    { owner: 1, deleter: 0 },
  ])('is deleted once when its deleter is killed in the middle: owner $owner', async ({ owner, deleter }) => {
    const doomed = await populate(`killed-${owner}`, owner)
    const other = await makeOrgAt(cluster.admin, `alive-${owner}`)
    const before = await rowsOf(other.id)
    const done = deletions().reduce((sum, n) => sum + n)
    await deleteAt(1 - deleter, doomed)
    const { goOn } = await beginAt(deleter, doomed)
    await nodeAt(deleter).kill('SIGKILL')
    const left = await rowsOf(doomed.id)
    expect([left.organizations, left.org_heads]).toEqual([1, 0])
    expect(left.events).toBeGreaterThan(EVENTS / 2)

    // The survivor ends its streams although nobody may have told it.
    await expectStreamsEnd({
      ...doomed,
      streams: doomed.streams.filter((_, i) => placeOf(i) !== deleter),
      sockets: doomed.sockets.filter((_, i) => placeOf(i) !== deleter),
    })
    const survivor = [doomed.admins[1 - deleter]!]
    expect(new Set(await statuses(survivor, doomed.channel_id))).toEqual(new Set([404]))

    await goOn()
    // The statement of the dead node goes on in PostgreSQL to its end. Then the clock would come, within a minute.
    await until(async () => (await deleting()).length === 0, 'the end of the last statement')
    await cluster.sql`select mc_jobs.add_job('delete_orgs', '{}'::json)`
    await until(async () => (await rowsOf(doomed.id)).organizations === 0, 'the end of the deletion')
    await nodeAt(deleter).restart()
    await expectGone(doomed)
    expect(await rowsOf(other.id)).toEqual(before)
    // One run came to the end, that of the survivor.
    await until(() => deletions().reduce((sum, n) => sum + n) > done, 'the line in the log')
    expect(deletions().reduce((sum, n) => sum + n)).toBe(done + 1)
  })
})

/** Node of the client numbered `i` of `[...admins, ...agents]`: the sub-agents are at the node where they were not made. */
function placeOf(i: number): number {
  return [0, 1, 0, 1, 1, 0][i]!
}
