import { addAgent } from '../../tests/support/client.ts'
import { rssOf } from '../../tests/support/server.ts'
import { cpuSeconds, slope } from '../lib.ts'
import { type Idlers, openIdlers } from '../load/idlers.ts'
import { startProduct } from '../product.ts'
import { COSTS } from './model.ts'

const STEP = 1_000
const STEPS = 5
const SETTLE_MS = 3_000
/** Between what is measured and what is assumed: memory of a runtime grows in steps. */
const TOLERANCE = 0.5

/** Opens connections of both kinds step by step; true when slope of memory and CPU are what the model assumes or less. */
export async function checkCosts(): Promise<boolean> {
  const product = await startProduct()
  const opened: Idlers[] = []
  try {
    const { server, admin } = product
    const agent = await addAgent(admin, 'listener')
    const points = [{ x: 0, y: rssOf(server.pid) * 1024 }]
    const cpu_before = await cpuSeconds(server.pid)
    for (let step = 1; step <= STEPS; step++) {
      const at = { port: server.port, addresses: ['127.0.0.1'], count: STEP / 2 }
      for (const [kind, path] of [
        ['sse', 'events/stream'],
        ['websocket', 'channels/ws'],
      ] as const) {
        const seats = [{ path: `/api/v1/orgs/${admin.org}/${path}`, headers: agent.headers }]
        opened.push(await openIdlers({ ...at, kind, seats }))
      }
      await Bun.sleep(SETTLE_MS)
      points.push({ x: step * STEP, y: rssOf(server.pid) * 1024 })
    }
    const connect_us = (((await cpuSeconds(server.pid)) - cpu_before) * 1e6) / (STEP * STEPS)
    return [judge('connection_kib', slope(points)), judge('connect_us', connect_us)].every(Boolean)
  } finally {
    for (const one of opened) await one.close()
    await product.stop()
  }
}

function judge(name: 'connection_kib' | 'connect_us', measured: number): boolean {
  const holds = measured <= COSTS[name] * (1 + TOLERANCE)
  console.log(
    `${name}: measured ${measured.toFixed(1)}, assumed ${COSTS[name]}: ${holds ? 'holds' : 'ABOVE'}`,
  )
  return holds
}
