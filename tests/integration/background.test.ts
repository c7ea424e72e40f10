import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { ALARM_COMMANDS } from '../../src/commands/alarms.ts'
import { newId } from '../../src/contracts/ids.ts'
import type { Alarm } from '../../src/domain/alarm.ts'
import { type Node, openNode } from '../../src/node.ts'
import { ALARMS_AT_ONCE, deliverAlarms } from '../../src/workers/alarms.ts'
import { archiveTasks } from '../../src/workers/archival.ts'
import { deleteDueOrgs, STEP_ROWS } from '../../src/workers/org-deletion.ts'
import { sweepExpired } from '../../src/workers/sweep.ts'
import { type FreshDatabase, freshDatabase, urlOf } from '../support/cluster.ts'
import { makeOrg } from '../support/database.ts'
import { plain } from '../support/plain.ts'
import { fillEveryTable } from '../support/rows.ts'

let data_dir: string
let fresh: FreshDatabase
let node: Node
let superuser: postgres.Sql

beforeAll(async () => {
  data_dir = mkdtempSync(join(tmpdir(), 'mc-background-'))
  fresh = await freshDatabase()
  node = await openNode({
    MC_DATA_DIR: data_dir,
    MC_DATABASE_URL: urlOf(fresh.app),
    MC_LOG_LEVEL: 'silent',
    MC_ACTOR_IDLE_MS: '100',
  })
  superuser = plain(fresh.owner)
})
afterAll(async () => {
  await superuser.end({ timeout: 1 })
  await node.core.host.stopAll()
  await node.close()
  await fresh.drop()
  rmSync(data_dir, { recursive: true, force: true })
})

const silent = { info: () => undefined, failed: () => undefined }

/** Delivers what is due, as the node does; what failed is written to `failures`. */
function deliver(failures: string[], carryOut: (alarm: Alarm) => Promise<unknown> = run) {
  return deliverAlarms({
    take: (limit) => node.background_database.takeDueAlarms(limit),
    deliver: carryOut,
    failed: (stage) => failures.push(stage),
  })
}

function run(alarm: Alarm): Promise<unknown> {
  return node.core.systemCommand(alarm.org_id, ALARM_COMMANDS[alarm.kind](alarm))
}

async function count(table: string, org_id: string): Promise<number> {
  const [row] = await superuser<{ n: number }[]>`
    select count(*)::int as n from ${superuser(table)} where org_id = ${org_id}`
  return row!.n
}

describe('alarms', () => {
  const pause = (org_id: string, channel_id: string, until: Date) =>
    node.core.systemCommand(org_id, {
      command: 'channel.pause_loop',
      input: { channel_id, messages: 20, until: until.toISOString() },
    })
  const types = async (org_id: string) =>
    (
      await superuser<{ type: string }[]>`
      select type from events where org_id = ${org_id} and type like 'channel.loop%' order by sequence`
    ).map(({ type }) => type)
  const overdue = (org_id: string) =>
    superuser`update alarms set due_at = now() - interval '1 second', next_at = now() - interval '1 second' where org_id = ${org_id}`

  test('A91 an alarm is stored with its cause, fires when it is due, and has one effect when it is delivered twice', async () => {
    const { org, channel } = await makeOrg(node.database)
    await pause(org.id, channel.id, new Date(Date.now() + 600_000))
    const failures: string[] = []
    const wait_ms = await deliver(failures)
    expect(wait_ms).toBeGreaterThan(0)
    expect(wait_ms).toBeLessThanOrEqual(600_000)
    expect(await types(org.id)).toEqual(['channel.loop_paused'])

    await overdue(org.id)
    const taken: Alarm[] = []
    await deliver(failures, async (alarm) => {
      taken.push(alarm)
      await Promise.all([run(alarm), run(alarm)])
    })
    expect(taken.map(({ org_id, kind, target_id }) => [org_id, kind, target_id])).toEqual([
      [org.id, 'loop_brake', channel.id],
    ])
    expect(await types(org.id)).toEqual(['channel.loop_paused', 'channel.loop_resumed'])
    expect(await count('alarms', org.id)).toBe(0)
    expect(failures).toEqual([])
  })

  test('A92 one that failed is delivered again, and costs the others nothing', async () => {
    const [one, other] = [await makeOrg(node.database), await makeOrg(node.database)]
    for (const { org, channel } of [one, other]) {
      await pause(org.id, channel.id, new Date(Date.now() + 600_000))
      await overdue(org.id)
    }
    const failures: string[] = []
    await deliver(failures, (alarm) =>
      alarm.org_id === one.org.id ? Promise.reject(new Error('away')) : run(alarm),
    )
    expect(failures.length).toBe(1)
    expect([await count('alarms', one.org.id), await count('alarms', other.org.id)]).toEqual([1, 0])
    // Taken: nobody else gets it before the pause after the attempt is over.
    await deliver(failures)
    expect(await count('alarms', one.org.id)).toBe(1)
    await superuser`update alarms set next_at = now() where org_id = ${one.org.id}`
    await deliver(failures)
    expect(await types(one.org.id)).toEqual(['channel.loop_paused', 'channel.loop_resumed'])
  })

  test('A92 a full page asks for the next at once, and several failures cost the others nothing', async () => {
    const { org } = await makeOrg(node.database)
    await superuser`insert into alarms (org_id, kind, target_id, due_at, next_at, payload)
      select ${org.id}, 'loop_brake', uuidv7(), now() - interval '1 second', now() - interval '1 second', '{}'
      from generate_series(1, ${ALARMS_AT_ONCE + 1})`
    const failures: string[] = []
    let delivered = 0
    const carryOut = async () => {
      if (++delivered % 2 === 0) throw new Error('away')
    }
    expect(await deliver(failures, carryOut)).toBe(0)
    expect([delivered, failures.length]).toEqual([ALARMS_AT_ONCE, ALARMS_AT_ONCE / 2])
    expect(failures[0]).toStartWith('deliver the alarm loop_brake of ')
    await deliver(failures, carryOut)
    expect(delivered).toBe(ALARMS_AT_ONCE + 1)
    await superuser`delete from alarms where org_id = ${org.id}`
  })

  test('A93 a pause that is on is not said twice, and one that a person lifted does not fire', async () => {
    const { org, channel } = await makeOrg(node.database)
    await pause(org.id, channel.id, new Date(Date.now() + 600_000))
    await pause(org.id, channel.id, new Date(Date.now() + 700_000))
    expect(await types(org.id)).toEqual(['channel.loop_paused'])
    const early = { channel_id: channel.id, reason: 'time' } as const
    await node.core.systemCommand(org.id, { command: 'channel.resume_loop', input: early })
    expect(await types(org.id)).toEqual(['channel.loop_paused'])
    await node.core.systemCommand(org.id, {
      command: 'channel.resume_loop',
      input: { ...early, reason: 'human' },
    })
    expect(await count('alarms', org.id)).toBe(0)
    expect(await types(org.id)).toEqual(['channel.loop_paused', 'channel.loop_resumed'])
  })
})

test('A94 expired rows of all orgs are removed together, and no others', async () => {
  const orgs = [await makeOrg(node.database), await makeOrg(node.database)]
  const kept = { recent_commands: '9 minutes', idempotency_keys: '23 hours', message_client_ids: '29 days' }
  const gone = { recent_commands: '11 minutes', idempotency_keys: '25 hours', message_client_ids: '31 days' }
  const before: Record<string, number> = {}
  for (const { org, channel, founder_id } of orgs) {
    for (const ages of [kept, gone]) {
      const id = newId()
      await superuser`insert into recent_commands (org_id, command_id, created_at) values (${org.id}, ${id}, now() - ${ages.recent_commands}::interval)`
      await superuser`insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status, created_at)
        values (${org.id}, ${founder_id}, 'r', ${id}, 'f', 201, now() - ${ages.idempotency_keys}::interval)`
      await superuser`insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash, created_at)
        values (${org.id}, ${channel.id}, ${founder_id}, ${id}, ${id}, 1, 'h', now() - ${ages.message_client_ids}::interval)`
    }
    for (const table of Object.keys(kept)) before[`${org.id} ${table}`] = await count(table, org.id)
  }
  // A page smaller than the work: the sweep goes on until a page is not full.
  const removed = await sweepExpired(
    (rows) => node.background_database.sweepExpired(rows),
    () => false,
    1,
  )
  expect(removed).toBe(6)
  for (const { org } of orgs)
    for (const table of Object.keys(kept))
      expect(await count(table, org.id), table).toBe(before[`${org.id} ${table}`]! - 1)
})

test('A95 old tasks of all orgs are archived, and an org that fails does not hold up the others', async () => {
  const orgs = [await makeOrg(node.database), await makeOrg(node.database)]
  for (const { org, founder_id } of orgs)
    await superuser`
      insert into tasks (org_id, id, title, type, priority, status, created_by, completed_at)
      select ${org.id}, uuidv7(), 't', 'bug', 'low', 'complete', ${founder_id}, now() - interval '13 months' - n * interval '1 day'
      from generate_series(1, 150) n`
  const failures: string[] = []
  const archive = (failing: string | undefined) =>
    archiveTasks({
      due: (...asked) => node.background_database.archivableTasks(...asked),
      archive: (org_id, ids) =>
        org_id === failing
          ? Promise.reject(new Error('away'))
          : node.core.systemCommand(org_id, { command: 'task.archive', input: { ids } }),
      stopping: () => false,
      failed: (stage) => failures.push(stage),
    })
  expect(await archive(orgs[0]!.org.id)).toBe(150)
  expect(failures.length).toBe(1)
  expect(await archive(undefined)).toBe(150)
  expect(await archive(undefined)).toBe(0)
})

describe('the end of an org', () => {
  const due = (org_id: string) =>
    superuser`update organizations set status = 'pending_deletion', deletion_at = now() - interval '1 second' where id = ${org_id}`

  /** Everything that the node does at the end of a grace period; ends early after so many steps. */
  function remove(forgotten: string[], steps_max = Number.POSITIVE_INFINITY, found?: string[]) {
    let steps = 0
    return deleteDueOrgs({
      due: async () => found ?? (await node.background_database.dueOrgs()),
      removeFiles: async () => undefined,
      step: (org_id, rows) => {
        steps++
        return node.background_database.deleteOrgStep(org_id, rows)
      },
      forget: async (org_id) => {
        forgotten.push(org_id)
        node.core.edges.forget(org_id)
        await node.core.host.stopOrg(org_id)
      },
      stopping: () => steps >= steps_max,
      log: silent,
    })
  }

  test('A96 an org of 300,000 rows is deleted in steps, over a crash in between, and no row of another is touched', async () => {
    const [doomed, other] = [await makeOrg(node.database), await makeOrg(node.database)]
    for (const { org, channel, founder_id } of [doomed, other])
      await fillEveryTable(superuser, org.id, founder_id, channel.id)
    const { org, channel, founder_id } = doomed
    await superuser`
      insert into tasks (org_id, id, title, type, priority, status, created_by)
      select ${org.id}, uuidv7(), 't', 'bug', 'low', 'backlog', ${founder_id} from generate_series(1, 50000)`
    await superuser`
      insert into task_assignees (org_id, task_id, user_id) select org_id, id, ${founder_id} from tasks
      where org_id = ${org.id} on conflict do nothing`
    await superuser`
      insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at)
      select ${org.id}, uuidv7(), ${channel.id}, n, ${founder_id}, 'human', 'F', 'text', 'hello', now() from generate_series(2, 80000) n`
    await superuser`
      insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash)
      select org_id, channel_id, sender_id, seq::text, id, seq, 'h' from messages where org_id = ${org.id} limit 40000`
    await superuser`
      insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, created_at)
      select ${org.id}, n, 'task.created', ${founder_id}, 'human', 'F', now() from generate_series(1000, 81000) n`
    const tables = (
      await superuser<{ name: string }[]>`
        select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`
    ).map(({ name }) => name)
    const rowsOf = async (org_id: string) =>
      Object.fromEntries(await Promise.all(tables.map(async (name) => [name, await count(name, org_id)])))
    const sum = (rows: Record<string, number>) => Object.values(rows).reduce((a, b) => a + b, 0)
    // Its actor is active when the time comes.
    await node.core.systemCommand(org.id, { command: 'task.archive', input: { ids: [newId()] } })
    const before = await rowsOf(other.org.id)
    const rows = sum(await rowsOf(org.id))
    expect(rows).toBeGreaterThan(300_000)
    await due(org.id)

    const forgotten: string[] = []
    expect(await remove(forgotten, 20)).toBe(0)
    const left = sum(await rowsOf(org.id))
    // The first step removes the head alone.
    expect(left).toBe(rows - 1 - 19 * STEP_ROWS)
    expect(left).toBeGreaterThan(0)
    // From the first step on it takes no command, so nothing can restore half of it.
    expect(forgotten).toEqual([org.id])
    await expect(node.core.systemCommand(org.id, { command: 'org.restore', input: null })).rejects.toThrow()

    expect(await remove(forgotten)).toBe(1)
    expect(sum(await rowsOf(org.id))).toBe(0)
    expect(await rowsOf(other.org.id)).toEqual(before)
    expect(await node.background_database.dueOrgs()).toEqual([])
    const [user] = await superuser`select status from users where id = ${founder_id}`
    expect(user?.status).toBe('deactivated')
  })

  test('A96 a small org is still found, and forgotten everywhere, after a crash at its first step', async () => {
    const { org } = await makeOrg(node.database)
    await due(org.id)
    expect(await remove([], 1)).toBe(0)
    expect(await node.background_database.dueOrgs()).toEqual([org.id])
    const forgotten: string[] = []
    expect(await remove(forgotten)).toBe(1)
    expect(forgotten).toContain(org.id)
  })

  test('A97 an org that two runs found due is deleted by one of them', async () => {
    const { org } = await makeOrg(node.database)
    await due(org.id)
    const found = await node.background_database.dueOrgs()
    expect(await remove([])).toBe(1)
    expect(await remove([], Number.POSITIVE_INFINITY, found)).toBe(0)
  })

  test('A97 an org that another node is deleting is left to it', async () => {
    const { org } = await makeOrg(node.database)
    await due(org.id)
    await superuser.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(727003, hashtext(${org.id}))`
      expect(await node.background_database.deleteOrgStep(org.id, 10)).toEqual({ removed: 0, done: false })
      expect(await remove([])).toBe(0)
    })
    expect(await remove([])).toBe(1)
  })
})

test('A98 background work has connections of its own: requests are answered while all of them are busy', async () => {
  const { org } = await makeOrg(node.database)
  await superuser.begin(async (sql) => {
    await sql`lock table alarms in access exclusive mode`
    const waiting = [1, 2].map(() => node.background_database.takeDueAlarms(1).catch(() => undefined))
    const rows = await node.database.readOne(org.id, (s, o) => s`select id from channels where org_id = ${o}`)
    expect(rows.length).toBe(1)
    void Promise.all(waiting)
  })
})

test('A100 the last use of members and keys of many orgs is one statement, which waits for no request', async () => {
  const orgs = [await makeOrg(node.database), await makeOrg(node.database), await makeOrg(node.database)]
  const members = orgs.map(({ org, founder_id }) => ({ org_id: org.id, id: founder_id }))
  const keys = orgs.map(({ org }) => ({ org_id: org.id, id: newId() }))
  for (const [i, { org_id, id }] of keys.entries())
    await superuser`insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac)
      values (${org_id}, ${id}, ${id.slice(-12)}, 'live', ${orgs[i]!.founder_id}, 'p', 'b', 'h')`
  await superuser.begin(async (sql) => {
    await sql`select from memberships where org_id = ${members[0]!.org_id} for update`
    await sql`select from api_keys where org_id = ${keys[0]!.org_id} for update`
    await node.background_database.touchMembers(members)
    await node.background_database.touchKeys(keys)
  })
  for (const [i, { org_id }] of members.entries()) {
    const [member] = await superuser`select last_active_at as used from memberships where org_id = ${org_id}`
    const [key] = await superuser`select last_used_at as used from api_keys where org_id = ${org_id}`
    expect([member?.used !== null, key?.used !== null]).toEqual([i > 0, i > 0])
  }
})

test('A99 an org that nobody uses has no actor', async () => {
  const { org } = await makeOrg(node.database)
  await node.core.systemCommand(org.id, { command: 'task.archive', input: { ids: [newId()] } })
  const resting = Date.now() + 60_000
  while ((node.core.host.counts().active.org ?? 0) > 0 && Date.now() < resting) await Bun.sleep(20)
  expect(node.core.host.counts().active).toEqual({ org: 0, channel: 0 })
})
