import { afterAll, beforeAll, expect, test } from 'bun:test'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

const STEPS = 400
const TASKS = 12

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

/** The same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

test.each([1, 2, 3])('is_blocked always says what dependencies and statuses say (seed %d)', async (seed) => {
  const random = randomFrom(seed)
  const orgs = [await makeOrg(db.database), await makeOrg(db.database)]
  // The same ids in both orgs: what happens in one must not be felt in the other.
  const ids = Array.from({ length: TASKS }, () => Bun.randomUUIDv7())
  for (const { org, founder_id } of orgs)
    await db.database.withOrg(
      org.id,
      ({ sql }) => sql`
        insert into tasks (org_id, id, title, type, priority, status, created_by)
        select ${org.id}, id, 't', 'chore', 'low', 'backlog', ${founder_id} from unnest(${ids}::uuid[]) as x(id)`,
    )
  const statuses = ['backlog', 'in-progress', 'in-review', 'complete']
  let blocked_seen = 0
  for (let step = 0; step < STEPS; step++) {
    const { org } = orgs[random(2)]!
    const [task, other] = [ids[random(TASKS)]!, ids[random(TASKS)]!]
    const act = random(3)
    const wrong = await db.database.withOrg(org.id, async ({ sql }) => {
      if (act === 0 && task !== other)
        await sql`insert into task_dependencies (org_id, task_id, blocked_by_id) values (${org.id}, ${task}, ${other}) on conflict do nothing`
      if (act === 1)
        await sql`delete from task_dependencies where org_id = ${org.id} and task_id = ${task} and blocked_by_id <> ${other}`
      if (act === 2)
        await sql`update tasks set status = ${statuses[random(4)]!} where org_id = ${org.id} and id = ${task}`
      const [count] = await sql<{ blocked: number }[]>`
        select count(*) as blocked from tasks where org_id = ${org.id} and is_blocked`
      blocked_seen += count?.blocked ?? 0
      return await sql`
        select t.id from tasks t where t.org_id = ${org.id} and t.is_blocked <> exists (
          select from task_dependencies d join tasks b on b.org_id = d.org_id and b.id = d.blocked_by_id
          where d.org_id = t.org_id and d.task_id = t.id and b.status <> 'complete')`
    })
    expect({ step, act, wrong: wrong.length }).toEqual({ step, act, wrong: 0 })
  }
  expect(blocked_seen).toBeGreaterThan(STEPS)
})
