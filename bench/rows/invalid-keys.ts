import { randomBytes } from 'node:crypto'
import { type Agent, addAgent } from '../../tests/support/client.ts'
import { percentile } from '../lib.ts'
import { callsAtRate, loopBlockedMs } from '../load/calls.ts'
import { startFlood } from '../load/flood.ts'
import { type Product, startProduct } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

const FLOOD_PER_SECOND = 10_000
/** Valid calls per second: a busy team, far below what the server can do. */
const VALID_PER_SECOND = 100
/** They share the valid calls, each below its rate. */
const AGENTS = 20
/** The flood has begun by then, and goes on for as long after the last valid call. */
const MARGIN_S = 1
/** Different requests of the flood. */
const REQUESTS = 3_000

/** A third of the keys are not whole, a third name no key, a third name a key and have another secret. */
function wrongCalls(path: string, { key }: Agent): string[] {
  const [, key_id = ''] = /^mc_ak_live_([^_]+)_/.exec(key) ?? []
  const secret = () => randomBytes(32).toString('base64url')
  const unknown_id = () => randomBytes(9).toString('base64url').replace(/[_-]/g, 'x')
  const kinds = [
    () => `mc_ak_live_${key_id}_${secret().slice(1)}`,
    () => `mc_ak_live_${unknown_id()}_${secret()}`,
    () => `mc_ak_live_${key_id}_${secret()}`,
  ]
  return Array.from(
    { length: REQUESTS },
    (_, n) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${kinds[n % kinds.length]!()}\r\n\r\n`,
  )
}

async function measure(product: Product, seconds: number, connections: number): Promise<Figures> {
  const { admin } = product
  const agents: Agent[] = []
  for (let n = 0; n < AGENTS; n++) agents.push(await addAgent(admin, `agent-${n}`))
  const path = `/api/v1/orgs/${admin.org}/users/me`
  const validCalls = (for_seconds: number) =>
    callsAtRate(VALID_PER_SECOND, for_seconds, (n) => ({
      url: admin.url + path,
      init: { headers: agents[n % AGENTS]!.headers },
    }))
  await validCalls(1)
  await loopBlockedMs(product)
  const alone = await validCalls(seconds)
  const blocked_alone = await loopBlockedMs(product)
  const flood = startFlood({
    port: product.server.port,
    requests: wrongCalls(path, agents[0]!),
    connections,
    per_second: FLOOD_PER_SECOND,
    seconds: seconds + 2 * MARGIN_S,
  })
  await Bun.sleep(MARGIN_S * 1000)
  await loopBlockedMs(product)
  const flooded = await validCalls(seconds)
  const blocked = await loopBlockedMs(product)
  const { rate, cpu_share } = await flood
  return {
    product: percentile(flooded, 99) / percentile(alone, 99),
    'p99 without, ms': percentile(alone, 99),
    'p99 during, ms': percentile(flooded, 99),
    'wrong keys answered per second': rate,
    'share of a core that the flood takes itself': cpu_share,
    'event loop blocked, ms': blocked,
    'event loop blocked without, ms': blocked_alone,
  }
}

/** On a server of its own, whose rate limits are as they are shipped. A flood has one call under way per connection. */
const row = (connections: number, judge: Row['judge']): Row => ({
  name: `p99 of valid calls while ${FLOOD_PER_SECOND.toLocaleString('en-US')} calls/s with wrong keys are offered over ${connections.toLocaleString('en-US')} connections, by that without`,
  unit: '×',
  judge,
  async run(_, seconds) {
    const product = await startProduct({ MC_RATE_LIMITS: 'on' })
    try {
      return await measure(product, seconds, connections)
    } finally {
      await product.stop()
    }
  },
})
const BLOCKED = { figure: 'event loop blocked, ms', at_most: 50, goal: 20 }

export const wrongKeys: Rows = {
  'invalid-keys': row(64, [{ at_most: 2, goal: 1.5 }, BLOCKED]),
  'invalid-keys-wide': row(2_000, [{ at_most: 2, goal: 1.5 }, BLOCKED]),
}
