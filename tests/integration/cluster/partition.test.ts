import { expect, test } from 'bun:test'
import type { Message } from '../../support/client.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { expectWhole, makeOrgAt, personAt, postSurely, startNodes } from '../../support/nodes.ts'
import { startRedis } from '../../support/redis.ts'
import { until } from '../../support/streams.ts'

test.each(['reset', 'silent'] as const)(
  'R37 a node that is cut off from Redis alone (%s) writes on, and so do the others, each in turn',
  async (how) => {
    const redis = await startRedis()
    const proxy: CutProxy = await startCutProxy(redis.port)
    const cluster = await startNodes(3, {
      redis,
      redis_url: (node, url) => (node === 0 ? `redis://localhost:${proxy.port}` : url),
    })
    const { id, person, channel_id } = await makeOrgAt(personAt(cluster.admin, cluster.nodes[1]!), 'cut')
    const at = cluster.nodes.map((node) => personAt(person, node))
    const acked: Message[] = []
    const counts = [0, 0, 0]
    let over = false
    const running = at.map(async (one, node) => {
      for (let i = 0; !over; i++) {
        acked.push(await postSurely(one, channel_id, `${node}: ${i}`))
        counts[node] = (counts[node] ?? 0) + 1
      }
    })
    const more = async (count: number) => {
      const enough = counts.map((n) => n + count)
      await until(() => counts.every((n, i) => n >= (enough[i] ?? 0)), 'progress at every node')
    }
    await more(5)
    proxy.cut(how)
    await until(
      async () => (await cluster.metric(cluster.nodes[0]!, 'mc_bus_up')) === 0,
      'a node without Redis',
    )
    await more(20)
    proxy.mend()
    await until(
      async () => (await cluster.metric(cluster.nodes[0]!, 'mc_bus_up')) === 1,
      'Redis at every node',
    )
    await more(20)
    over = true
    await Promise.all(running)
    await expectWhole(cluster.sql, id, channel_id, acked)
    expect(cluster.nodes.map(({ port }) => port)).toContain((await cluster.settledOwner(id)).port)
    await proxy.stop()
    await cluster.stop()
  },
)
