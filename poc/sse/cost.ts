import { type Criteria, short } from '../lib/criteria.ts'
import { type Child, startChild } from './child.ts'
import { line, waitFor } from './measure.ts'
import { type Counter, openCounter } from './reader.ts'
import type { Burst, ServerStats } from './server.ts'

const LEVELS = short ? [200, 500, 1_000] : [200, 1_000, 5_000, 10_000]
/** One topic each, of ten: an event reaches a tenth of the streams. */
const TOPICS = 10
const OPEN_AT_ONCE = 100

export async function serverStats(server: Child, gc = false): Promise<ServerStats> {
  const response = await fetch(`${server.url}/stats${gc ? '?gc' : ''}`)
  return response.json()
}

export async function openCounters(
  port: number,
  count: number,
  pathOf: (at: number) => string,
): Promise<Counter[]> {
  const counters: Counter[] = []
  while (counters.length < count) {
    const many = Math.min(OPEN_AT_ONCE, count - counters.length)
    const opening = Array.from({ length: many }, (_, at) => openCounter(port, pathOf(counters.length + at)))
    counters.push(...(await Promise.all(opening)))
  }
  return counters
}

export async function post<Reply>(server: Child, path: string, body: unknown): Promise<Reply> {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path} answered ${response.status}`)
  return response.json()
}

/** M: what open streams cost in memory, and P: what a delivered event costs in CPU time, with the filter's part. */
export async function checkCost(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/server.ts`)
  try {
    await burst(server, [], { ticks: 200, per_tick: 10, topics: TOPICS, size_bytes: 200 })
    const base = (await serverStats(server, true)).rss_bytes
    const readers: Counter[] = []
    const points: { x: number; y: number }[] = []
    for (const level of LEVELS) {
      const from = readers.length
      readers.push(
        ...(await openCounters(server.port, level - from, (at) => `/stream?topics=t${(from + at) % TOPICS}`)),
      )
      await waitFor(() => readers.every(({ bytes }) => bytes > 0), 10_000)
      // Each has had some events, so that what a used stream keeps is in the figure.
      await burst(server, readers, { ticks: 50, per_tick: 1, topics: TOPICS, size_bytes: 200 })
      await Bun.sleep(500)
      const { rss_bytes, readers: open } = await serverStats(server, true)
      points.push({ x: open, y: rss_bytes })
      c.note(
        `M.${level}`,
        `memory per stream at ${open} open streams`,
        (rss_bytes - base) / open / 1024,
        'KiB',
      )
      await checkCpu(c, server, readers)
    }
    const { slope, r2 } = line(points)
    c.check('M1', 'memory per further stream', slope / 1024, { max: short ? 60 : 20, unit: 'KiB' })
    if (short) c.note('', 'how much of the memory a line explains', r2)
    else c.check('M2', 'how much of the memory a line explains', r2, { min: 0.95 })
    c.check('M3', 'streams that ended', readers.filter(({ ended }) => ended).length, { equals: 0 })
    const cpu_us = (await serverStats(server)).cpu_us
    await Bun.sleep(1_000)
    const idle = (await serverStats(server)).cpu_us - cpu_us
    c.note('M4', `CPU of ${readers.length} quiet streams`, idle / 10_000, '% of a core')
    for (const reader of readers) reader.end()
    const began = performance.now()
    let left = readers.length
    while (left > 0 && performance.now() - began < 20_000) {
      await Bun.sleep(20)
      left = (await serverStats(server)).readers
    }
    c.check('M5', 'streams the server still holds after all readers closed', left, { equals: 0 })
    c.note('', '  after', performance.now() - began, 'ms')
  } finally {
    await server.stop()
  }
}

/** Publishes from within the server and waits until the readers have it all. Returns CPU µs and frames. */
export async function burst(
  server: Child,
  readers: readonly Counter[],
  what: Burst,
): Promise<{ cpu_us: number; frames: number; wall_ms: number }> {
  const count = () => readers.reduce((sum, { frames }) => sum + frames, 0)
  const before = count()
  const { cpu_us } = await serverStats(server)
  const began = performance.now()
  const { delivered } = await post<{ delivered: number }>(server, '/burst', what)
  if (readers.length > 0) {
    const done = await waitFor(() => count() - before >= delivered, 30_000)
    if (done === undefined) throw new Error(`Of ${delivered} frames only ${count() - before} came`)
  }
  const wall_ms = performance.now() - began
  return { cpu_us: (await serverStats(server)).cpu_us - cpu_us, frames: delivered, wall_ms }
}

async function checkCpu(c: Criteria, server: Child, readers: readonly Counter[]): Promise<void> {
  const events = short ? 100 : 500
  const { cpu_us, frames } = await burst(server, readers, {
    ticks: events,
    per_tick: 1,
    topics: TOPICS,
    size_bytes: 200,
  })
  const each_us = cpu_us / frames
  const per_frame = async (how: 'index' | 'scan') => {
    const rounds = 20 * events
    const matched = await post<{ matched: number; cpu_us: number }>(server, '/match', {
      events: rounds,
      topics: TOPICS,
      how,
    })
    return matched.cpu_us / matched.matched
  }
  const index_us = await per_frame('index')
  const scan_us = await per_frame('scan')
  const id = `P.${readers.length}`
  c.check(id, `CPU per delivered event at ${readers.length} streams`, each_us, {
    max: short ? 200 : 40,
    unit: 'µs',
  })
  c.note('', '  of which the filter by an index of topics', (100 * index_us) / each_us, '%')
  c.note('', '  of which the filter by asking every stream', (100 * scan_us) / each_us, '%')
}
