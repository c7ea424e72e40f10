import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join, type Message, type Person } from '../../support/client.ts'
import {
  expectWhole,
  makeOrgAt,
  personAt,
  postSurely,
  signal,
  startNodes,
  storedMessages,
  type TestNodes,
} from '../../support/nodes.ts'
import { startRedis } from '../../support/redis.ts'
import type { TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

let cluster: TestNodes
beforeAll(async () => {
  // The password must not be in a log, whatever happens to Redis.
  cluster = await startNodes(3, { redis: await startRedis({ password: 'seldom a word of logs' }) })
})
afterAll(() => cluster.stop())

let orgs = 0

/** A fresh org that node `owner` owns, and its person at each node. */
async function ownedOrg(owner: number) {
  const node = cluster.nodes[owner]!
  const made = await makeOrgAt(personAt(cluster.admin, node), `org-${++orgs}`)
  const at = cluster.nodes.map((one) => personAt(made.person, one))
  await postSurely(at[owner]!, made.channel_id, 'first')
  expect((await cluster.settledOwner(made.id)).port).toBe(node.port)
  return { ...made, at }
}

/** Posts at several nodes, one message after the other at each, until `stop`. */
function writers(people: readonly Person[], channel_id: string) {
  const acked: Message[] = []
  const answers: number[] = []
  let over = false
  let n = 0
  const running = people.map(async (person, at) => {
    while (!over) acked.push(await postSurely(person, channel_id, `${at}-${++n}`, { answers }))
  })
  return {
    acked,
    answers,
    async stop() {
      over = true
      await Promise.all(running)
    },
    /** Resolves when that many more are acknowledged. */
    more: async (count: number) => {
      const enough = acked.length + count
      await until(() => acked.length >= enough, 'more acknowledgements')
    },
  }
}

const others = (node: TestServer) => cluster.nodes.filter((one) => one !== node)

test('R30 every node takes commands of every org, and its owner alone writes', async () => {
  const { id, channel_id, at } = await ownedOrg(0)
  const before = await cluster.metric(cluster.nodes[1]!, 'mc_node_calls_total{outcome="answered"}')
  const posted = await Promise.all(
    Array.from({ length: 60 }, (_, i) => postSurely(at[i % 3]!, channel_id, `by ${i % 3}: ${i}`)),
  )
  await expectWhole(cluster.sql, id, channel_id, posted)
  expect((await cluster.ownerOf(id))?.port).toBe(cluster.nodes[0]!.port)
  expect(await cluster.metric(cluster.nodes[1]!, 'mc_node_calls_total{outcome="answered"}')).toBeGreaterThan(
    before,
  )
  for (const node of cluster.nodes) expect(await cluster.metric(node, 'mc_lanes_fenced_total')).toBe(0)
  // A refusal crosses nodes as it is.
  const refused = await at[1]!.in<{ error: { code: string } }>('POST', '/projects', { name: '' })
  expect(refused.status).toBe(400)
  const missing = await at[2]!.in<{ error: { code: string } }>('POST', '/tasks', {
    title: 'x',
    project_ids: [crypto.randomUUID()],
  })
  expect([missing.status, missing.body.error.code]).toEqual([404, 'PROJECT_NOT_FOUND'])
})

test('R31 an owner that is killed is replaced within ten seconds, and nothing acknowledged is lost or doubled', async () => {
  const { id, channel_id, at } = await ownedOrg(2)
  const owner = cluster.nodes[2]!
  const writing = writers([at[0]!, at[1]!], channel_id)
  await writing.more(20)
  await owner.kill()
  const killed_at = Date.now()
  await writing.more(20)
  expect(Date.now() - killed_at).toBeLessThan(10_000)
  await writing.stop()
  await expectWhole(cluster.sql, id, channel_id, writing.acked)
  const next = await cluster.ownerOf(id)
  expect(others(owner).map(({ port }) => port)).toContain(next!.port)
  expect(await cluster.metric(next!, 'mc_takeovers_total')).toBeGreaterThan(0)
  await owner.restart()
})

test.each([
  ['past its lease', 6_000],
  ['for a shorter time', 0],
])(
  'R32 an owner that was stopped %s writes nothing more after the takeover, and its callers may try again',
  async (_, longer_ms) => {
    const { id, channel_id, at } = await ownedOrg(2)
    const owner = cluster.nodes[2]!
    const writing = writers([at[0]!, at[1]!], channel_id)
    await writing.more(5)
    const takeovers = await cluster.metric(owner, 'mc_takeovers_total')
    signal(owner.pid, 'SIGSTOP')
    // Its callers wait; the answer comes when it goes on.
    const late = Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        at[2]!
          .in<Message>('POST', `/channels/${channel_id}/messages`, { content: `late ${i}` })
          .then(({ status, body }) => ({ status, body })),
      ),
    )
    await writing.more(20)
    await until(
      async () => (await cluster.redis.cli('get', `mc:owner:${id}`)).startsWith('c.') === false,
      'another owner',
    )
    await Bun.sleep(longer_ms)
    const taken_over = (await storedMessages(cluster.sql, channel_id)).length
    signal(owner.pid, 'SIGCONT')
    const answers = await late
    await writing.more(5)
    await writing.stop()
    for (const { status } of answers) expect([201, 503]).toContain(status)
    await expectWhole(cluster.sql, id, channel_id, [
      ...writing.acked,
      ...answers.filter(({ status }) => status === 201).map(({ body }) => body),
    ])
    expect((await storedMessages(cluster.sql, channel_id)).length).toBeGreaterThan(taken_over)
    // It learned that it is not the owner: what is posted there now goes to the owner. A node whose connections to Redis
    // were given up while it was stopped may have taken the org over anew.
    await postSurely(at[2]!, channel_id, 'by the former owner')
    const moved_back = (await cluster.metric(owner, 'mc_takeovers_total')) > takeovers
    if (!moved_back) expect((await cluster.ownerOf(id))?.port).not.toBe(owner.port)
  },
)

test('R33 an empty directory fills again, and the owners stay', async () => {
  const { id, channel_id, at } = await ownedOrg(1)
  const writing = writers(at, channel_id)
  await writing.more(10)
  await cluster.redis.cli('flushall')
  await writing.more(30)
  await writing.stop()
  await expectWhole(cluster.sql, id, channel_id, writing.acked)
  await cluster.settledOwner(id)
})

test('R34 a node that is drained leaves its orgs to others at once', async () => {
  const { id, channel_id, at } = await ownedOrg(2)
  const owner = cluster.nodes[2]!
  const writing = writers([at[0]!, at[1]!], channel_id)
  await writing.more(10)
  signal(owner.pid, 'SIGTERM')
  await owner.ended()
  await writing.more(20)
  await writing.stop()
  await expectWhole(cluster.sql, id, channel_id, writing.acked)
  expect(writing.answers.filter((status) => status !== 201)).toEqual([])
  expect((await cluster.ownerOf(id))?.port).not.toBe(owner.port)
  await owner.restart()
})

test('R35 while Redis is away every node writes, and soon after it is back each org has one owner again', async () => {
  const { id, channel_id, at } = await ownedOrg(0)
  const writing = writers(at, channel_id)
  await writing.more(10)
  await cluster.redis.kill()
  await until(async () => {
    const ready = await Promise.all(
      cluster.nodes.map(async ({ url }) => await (await fetch(`${url}/ready`)).json()),
    )
    return ready.every(({ status, checks }) => status === 'ready' && checks.redis.startsWith('degraded'))
  }, 'nodes without Redis')
  await writing.more(40)
  await cluster.redis.start()
  await writing.more(40)
  await writing.stop()
  await expectWhole(cluster.sql, id, channel_id, writing.acked)
  await cluster.settledOwner(id)
  await until(
    async () =>
      (await Promise.all(cluster.nodes.map((node) => cluster.metric(node, 'mc_bus_up')))).join() === '1,1,1',
    'Redis at every node',
  )
  // Every owner has told its last epoch: from then on no lane is fenced.
  const fenced = async () =>
    (await Promise.all(cluster.nodes.map((node) => cluster.metric(node, 'mc_lanes_fenced_total')))).join()
  await until(async () => {
    const before = await fenced()
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => postSurely(at[i % 3]!, channel_id, `${Math.random()} ${i}`)),
    )
    return before === (await fenced())
  }, 'an owner that stays')
})

test('R41 a right that was taken at one node while Redis is away does not hold at another', async () => {
  const { id, channel_id, person, at } = await ownedOrg(0)
  const ana = await join(person, 'Ana', 'administrator')
  const there = personAt(ana, cluster.nodes[1]!)
  const project = (name: string) =>
    there.in('POST', '/projects', { name, type: 'software', owner_id: ana.user_id })
  expect((await project('before')).status).toBe(201)
  await cluster.redis.kill()
  await until(
    async () =>
      (await Promise.all(cluster.nodes.map((node) => cluster.metric(node, 'mc_bus_up')))).join() === '0,0,0',
    'nodes without Redis',
  )
  expect((await project('meanwhile')).status).toBe(201)
  const demoted = await at[0]!.in('PATCH', `/users/${ana.user_id}`, { role: 'contributor' })
  expect(demoted.status).toBe(200)
  expect((await project('after')).status).toBe(403)
  const posted = await postSurely(there, channel_id, 'still a member')
  await cluster.redis.start()
  await expectWhole(cluster.sql, id, channel_id, [posted])
})

test('R36 a Redis that hangs while an org is taken costs time, not the org', async () => {
  const made = await makeOrgAt(personAt(cluster.admin, cluster.nodes[1]!), `org-${++orgs}`)
  cluster.redis.pause()
  const posting = postSurely(made.person, made.channel_id, 'while Redis hangs')
  await Bun.sleep(2_000)
  cluster.redis.resume()
  const posted = await posting
  await until(
    async () =>
      (await Promise.all(cluster.nodes.map((node) => cluster.metric(node, 'mc_bus_up')))).join() === '1,1,1',
    'Redis at every node',
  )
  const more = await Promise.all(
    Array.from({ length: 9 }, (_, i) =>
      postSurely(personAt(made.person, cluster.nodes[i % 3]!), made.channel_id, `${i}`),
    ),
  )
  await expectWhole(cluster.sql, made.id, made.channel_id, [posted, ...more])
  await cluster.settledOwner(made.id)
})

test('R38 two nodes of one name are two nodes', async () => {
  const twins = await startNodes(2, { env: { MC_NODE_ID: 'twin' } })
  const { id, person, channel_id } = await makeOrgAt(twins.admin, 'twins')
  const posted = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      postSurely(personAt(person, twins.nodes[i % 2]!), channel_id, `${i}`),
    ),
  )
  await expectWhole(twins.sql, id, channel_id, posted)
  const answered = await Promise.all(
    twins.nodes.map((node) => twins.metric(node, 'mc_node_calls_total{outcome="answered"}')),
  )
  expect(answered.toSorted()[0]).toBe(0)
  expect(Math.max(...answered)).toBeGreaterThan(0)
  await twins.stop()
})
