import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rssOf } from '../../tests/support/server.ts'
import { slope } from '../lib.ts'
import { agentsInProjects, startStoring } from '../load/messages.ts'
import { startProduct } from '../product.ts'
import type { Row, Rows } from '../row.ts'
import { waitFor } from '../wait.ts'

const SENDERS = 32
const WINDOW = 64
const DURATION_S = 120
/** Caches, the ring and the compiler settle in this time. */
const SETTLE_S = 30
/** A full collection stops the server for some 50 ms. */
const SAMPLE_S = 5
const MIB = 2 ** 20

const neverIdle: Row = {
  name: 'memory of a lane that is never idle for 2 minutes at saturation, slope after the first 30 s',
  unit: 'MiB/min of live heap',
  judge: [{ at_most: 1, goal: 0.1 }],
  runs_max: 1,
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'mc-heap-'))
    const file = join(folder, 'heap')
    // A server of its own: the heap that other rows left behind would be collected during this one.
    const product = await startProduct({
      BUN_OPTIONS: `--preload=${join(import.meta.dir, '../load/heap-probe.ts')}`,
      BENCH_HEAP_FILE: file,
    })
    try {
      const load = await startStoring(await agentsInProjects(product.admin, SENDERS), WINDOW)
      const started_at = performance.now()
      const samples: { x: number; y: number; rss: number }[] = []
      for (let s = SETTLE_S; s <= DURATION_S; s += SAMPLE_S) {
        await Bun.sleep(Math.max(0, started_at + s * 1000 - performance.now()))
        const rss = rssOf(product.server.pid)
        const y = (await liveHeap(product.server.pid, file)) / MIB
        samples.push({ x: (performance.now() - started_at) / 60_000, y, rss })
      }
      const acknowledged = load.acknowledged()
      await load.stop()
      return {
        product: slope(samples),
        'MiB at 30 s': samples[0]!.y,
        'MiB at 120 s': samples.at(-1)!.y,
        'MiB RSS, at most': Math.max(...samples.map(({ rss }) => rss)),
        'acknowledged messages': acknowledged,
      }
    } finally {
      await product.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** Bytes in use after a full collection. */
async function liveHeap(pid: number, file: string): Promise<number> {
  rmSync(file, { force: true })
  process.kill(pid, 'SIGUSR2')
  let bytes = Number.NaN
  await waitFor('the size of the heap', () => {
    try {
      bytes = Number(readFileSync(file, 'utf8').trim() || 'empty')
    } catch {
      // The server has not written it yet.
    }
    return !Number.isNaN(bytes)
  })
  return bytes
}

export const laneMemory: Rows = { 'lane-memory': neverIdle }
