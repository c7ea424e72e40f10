import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Person } from '../../support/client.ts'
import { personAt, startNodes, type TestNodes } from '../../support/nodes.ts'
import { SseJournal, until } from '../../support/streams.ts'

let cluster: TestNodes
beforeAll(async () => {
  cluster = await startNodes(2, { env: { MC_RATE_LIMITS: 'on' } })
})
afterAll(() => cluster.stop())

/** Statuses of sign-ins with a wrong password, one after the other at alternating nodes. */
async function guesses(email: string, count: number): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) {
    const node = cluster.nodes[i % 2]
    const answer = await new Person(node?.url ?? '').call('POST', '/auth/password', {
      email,
      password: 'not the right one',
    })
    statuses.push(answer.status)
  }
  return statuses
}

test('D13 attempts to sign in are counted over the nodes, and by each node alone while Redis is away', async () => {
  const started_at = Date.now()
  const statuses = await guesses('nobody@example.com', 16)
  // A token flows in each six seconds.
  const flowed = Math.ceil((Date.now() - started_at) / 6_000)
  const allowed = statuses.filter((status) => status === 401).length
  // The set-up of the cluster was one attempt.
  expect(statuses.slice(0, 9)).toEqual(Array(9).fill(401))
  expect(allowed).toBeLessThanOrEqual(9 + flowed)
  await cluster.redis.kill()
  const alone = await guesses('nobody@example.com', 24)
  expect(alone).toContain(429)
  expect(alone).not.toContain(500)
  expect(alone).not.toContain(503)
  await cluster.redis.start()
})

test('D10 connections of an organization are counted over the nodes', async () => {
  const { admin, nodes } = cluster
  const changed = await admin.in('PATCH', '', { settings: { connection_limits: { sse: 1 } } })
  if (changed.status >= 300) throw new Error(JSON.stringify(changed.body))
  const there = personAt(admin, nodes[1] ?? admin)
  const open = (who: Person) =>
    SseJournal.open(`${who.url}/api/v1/orgs/fieldnote/events/stream`, { Cookie: who.cookieHeader })
  const stream = await open(admin)
  await until(async () => {
    const other = await open(there)
    await other.close()
    return other.status === 429
  })
  await stream.close()
  await until(async () => {
    const other = await open(there)
    await other.close()
    return other.status === 200
  })
})
