import { describe, expect, test } from 'bun:test'
import { COSTS, capacityFor, withNodes } from '../../../bench/capacity/model.ts'

const demand = {
  connections: 1_000_000,
  orgs: 100_000,
  busy_share: 0.1,
  changes_per_minute: 2,
  readers_share: 0.8,
}
const size = { cores: 1, memory_mib: 4_096, utilization: 0.5 }

describe('the capacity model', () => {
  test('gives no node more than its share of memory and processor', () => {
    const needed = capacityFor(demand, size)
    expect(needed.memory_per_node_mib).toBeLessThanOrEqual(size.memory_mib * size.utilization)
    expect(needed.cores_per_node).toBeLessThanOrEqual(size.utilization)
    const fewer = withNodes(Math.floor(needed.nodes / 1.1), demand)
    expect(
      fewer.memory_per_node_mib > size.memory_mib * size.utilization ||
        fewer.cores_per_node > size.utilization,
    ).toBe(true)
  })

  test('counts each connection once, and its memory by the slope', () => {
    const one = withNodes(1, { ...demand, connections: 20_000, orgs: 2 })
    expect(one.memory_per_node_mib).toBeCloseTo(
      COSTS.node_base_mib + (20_000 * COSTS.connection_kib + 2 * COSTS.org_kib) / 1024,
    )
    expect(one.relayed_per_second).toBe(0)
  })

  test('an org that is spread over nodes is relayed to each other node with a connection of it', () => {
    const spread = withNodes(1_000, {
      ...demand,
      connections: 10,
      orgs: 1,
      busy_share: 1,
      changes_per_minute: 60,
    })
    // Ten connections on ten of a thousand nodes, seldom two on one.
    expect(spread.relayed_per_second).toBeGreaterThan(9.9)
    expect(spread.relayed_per_second).toBeLessThanOrEqual(10)
    const alone = withNodes(1, { ...demand, connections: 10, orgs: 1 })
    expect(alone.relayed_per_second).toBe(0)
  })

  test('more nodes never carry more each', () => {
    let before = withNodes(1, demand)
    for (const nodes of [2, 4, 8, 64, 512]) {
      const now = withNodes(nodes, demand)
      expect(now.connections_per_node).toBeLessThan(before.connections_per_node)
      expect(now.memory_per_node_mib).toBeLessThan(before.memory_per_node_mib)
      before = now
    }
  })

  test('a demand that no number of nodes carries is said', () => {
    expect(() =>
      capacityFor({ ...demand, changes_per_minute: 1e9, orgs: 1 }, { ...size, memory_mib: 10 }),
    ).toThrow('No number of nodes')
  })
})
