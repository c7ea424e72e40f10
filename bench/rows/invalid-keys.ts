import { join } from 'node:path'
import { percentile } from '../lib.ts'
import type { Product } from '../product.ts'
import type { Row, Rows } from '../row.ts'

const FLOOD_PER_SECOND = 10_000
/** Valid calls per second: a busy team, far below what the server can do. */
const VALID_PER_SECOND = 100
/** The flood has begun by then, and goes on for as long after the last valid call. */
const MARGIN_S = 1

/** Latencies of valid calls at a fixed rate, each sent at its time whether the one before was answered or not. */
async function validCalls({ admin, agent }: Product, seconds: number): Promise<number[]> {
  const url = `${admin.url}/api/v1/orgs/${admin.org}/users/me`
  const latencies: number[] = []
  const calls: Promise<void>[] = []
  const started_at = performance.now()
  for (let n = 0; n < seconds * VALID_PER_SECOND; n++) {
    const at = started_at + (n * 1000) / VALID_PER_SECOND
    const wait = at - performance.now()
    if (wait > 0) await Bun.sleep(wait)
    calls.push(
      fetch(url, { headers: agent.headers }).then(async (answer) => {
        await answer.arrayBuffer()
        if (answer.status !== 200) throw new Error(`a valid call was answered ${answer.status}`)
        latencies.push(performance.now() - at)
      }),
    )
  }
  await Promise.all(calls)
  return latencies
}

/** The longest time that the event loop of the server did not turn, since the last call. */
async function loopBlockedMs({ admin }: Product): Promise<number> {
  const text = await (await fetch(`${admin.url}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1000
}

const invalidKeys: Row = {
  name: `p99 of valid calls during ${FLOOD_PER_SECOND.toLocaleString('en-US')} calls/s with wrong keys, by that without`,
  unit: '×',
  judge: [
    { at_most: 2, goal: 1.5 },
    { figure: 'event loop blocked, ms', at_most: 50, goal: 20 },
  ],
  async run(product, seconds) {
    const { admin, agent } = product
    const [, key_id = ''] = /^mc_ak_live_([^_]+)_/.exec(agent.key) ?? []
    const path = `/api/v1/orgs/${admin.org}/users/me`
    await validCalls(product, 1)
    await loopBlockedMs(product)
    const alone = await validCalls(product, seconds)
    const blocked_alone = await loopBlockedMs(product)
    const flood = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, '..', 'load', 'key-flood.ts'),
        ...[String(product.server.port), path, key_id],
        ...[String(FLOOD_PER_SECOND), String(seconds + 2 * MARGIN_S)],
      ],
      { stdout: 'pipe', stderr: 'inherit' },
    )
    await Bun.sleep(MARGIN_S * 1000)
    await loopBlockedMs(product)
    const flooded = await validCalls(product, seconds)
    const blocked = await loopBlockedMs(product)
    const { rate, cpu_share } = JSON.parse(await new Response(flood.stdout).text()) as {
      rate: number
      cpu_share: number
    }
    return {
      product: percentile(flooded, 99) / percentile(alone, 99),
      'p99 without, ms': percentile(alone, 99),
      'p99 during, ms': percentile(flooded, 99),
      'wrong keys answered per second': rate,
      'share of a core that the flood takes itself': cpu_share,
      'event loop blocked, ms': blocked,
      'event loop blocked without, ms': blocked_alone,
    }
  },
}

export const wrongKeys: Rows = { 'invalid-keys': invalidKeys }
