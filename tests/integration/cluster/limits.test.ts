import { afterAll, beforeAll, expect, test } from 'bun:test'
import { generalChannel, Person } from '../../support/client.ts'
import { personAt, startNodes, type TestNodes } from '../../support/nodes.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

/** Below the rate of calls of an account, which is counted here too. */
const POLL_MS = 200

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
  const other = async () => {
    const stream = await open(there)
    await stream.close()
    return stream
  }
  const stream = await open(admin)
  const refused = async () => (await other()).code === 'CONNECTION_LIMIT'
  await until(refused, 'a refusal', POLL_MS)
  await stream.close()
  await until(async () => (await other()).status === 200, 'a stream', POLL_MS)
})

test('D13 messages of one socket keep their order while their rate is counted in Redis', async () => {
  const { admin } = cluster
  const { id: channel_id } = await generalChannel(admin)
  const headers = { Cookie: admin.cookieHeader, Origin: admin.url }
  const socket = await WsJournal.open(`${admin.url}/api/v1/orgs/fieldnote/channels/ws`, headers)
  const texts = Array.from({ length: 40 }, (_, i) => `in order ${i}`)
  for (const content of texts)
    socket.send({ type: 'message', channel_id, content, client_id: content.replaceAll(' ', '-') })
  await until(() => socket.messages(channel_id).length === texts.length)
  expect(socket.messages(channel_id).map(({ content }) => content)).toEqual(texts)
  socket.close()
})
