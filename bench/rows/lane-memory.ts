import { rssOf } from '../../tests/support/server.ts'
import { slope } from '../lib.ts'
import { agentsInProjects, startStoring } from '../load/messages.ts'
import { startProduct } from '../product.ts'
import type { Row, Rows } from '../row.ts'

const SENDERS = 32
const WINDOW = 64
const DURATION_S = 120
/** Caches, the ring and the compiler settle in this time. */
const SETTLE_S = 30

const neverIdle: Row = {
  name: 'memory of a lane that is never idle for 2 minutes at saturation, slope after the first 30 s',
  unit: 'MiB/min RSS',
  judge: [{ at_most: 1, goal: 0.1 }],
  runs_max: 1,
  async run() {
    // A server of its own: the heap that other rows left behind would be collected during this one.
    const product = await startProduct()
    try {
      const load = await startStoring(await agentsInProjects(product.admin, SENDERS), WINDOW)
      const started_at = performance.now()
      const samples: { x: number; y: number }[] = []
      for (let s = 1; s <= DURATION_S; s++) {
        await Bun.sleep(Math.max(0, started_at + s * 1000 - performance.now()))
        if (s >= SETTLE_S)
          samples.push({ x: (performance.now() - started_at) / 60_000, y: rssOf(product.server.pid) })
      }
      const acknowledged = load.acknowledged()
      await load.stop()
      return {
        product: slope(samples),
        'MiB at 30 s': samples[0]!.y,
        'MiB at 120 s': samples.at(-1)!.y,
        'acknowledged messages': acknowledged,
      }
    } finally {
      await product.stop()
    }
  },
}

export const laneMemory: Rows = { 'lane-memory': neverIdle }
