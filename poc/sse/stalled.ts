import { type Criteria, short } from '../lib/criteria.ts'
import { type Child, startChild } from './child.ts'
import { openCounters, post, serverStats } from './cost.ts'
import type { LabStats } from './lab.ts'
import { connection, openFiles, waitFor } from './measure.ts'
import { type Counter, openCounter } from './reader.ts'
import { isWiring, WIRINGS, type WiringName } from './wirings.ts'

const OURS: WiringName = 'direct, pushed, one write per tick'
const MIB = 2 ** 20
const STUCK = short ? 20 : 50
/** A farewell waits one second; the rest is the machine's. */
const ENDED_MS = short ? 5_000 : 1_500

async function labStats(server: Child): Promise<LabStats> {
  return (await fetch(`${server.url}/stats?gc`)).json()
}

/** S: a reader that takes nothing: what the runtime holds for it in each wiring, and how each can be ended. */
export async function checkStalled(c: Criteria): Promise<void> {
  for (const name of Object.keys(WIRINGS).filter(isWiring)) {
    if (name.endsWith('strings') || (short && name !== OURS)) continue
    await measureHeld(c, name)
    for (const how of ['close', 'error', 'timeout'] as const)
      if (!short || how !== 'timeout') await measureEnd(c, name, how)
    await measureLeak(c, name)
  }
}

async function stall(server: Child, reader: Counter): Promise<void> {
  reader.pause()
  // Ticks of one frame each: what a reader gets that is slow, not what one burst leaves.
  await post(server, '/burst', { ticks: 800, per_tick: 1, size_bytes: 10_000 })
  await Bun.sleep(200)
  // Nothing moves any more when the kernel's figure rests.
  await waitFor(() => connection(server.port, reader.port).unsent_bytes > 0, 2_000)
}

async function measureHeld(c: Criteria, name: WiringName): Promise<void> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [name])
  try {
    const reader = await openCounter(server.port, '/stream')
    await stall(server, reader)
    const { accepted_bytes } = await labStats(server)
    const { unsent_bytes } = connection(server.port, reader.port)
    const { unread_bytes } = connection(reader.port, server.port)
    const kernel_bytes = unsent_bytes + unread_bytes + reader.bytes
    const held = (accepted_bytes - kernel_bytes) / MIB
    c.note(
      'S',
      `${name}: of 7.6 MiB pushed to a stuck reader, taken by the kernels`,
      kernel_bytes / MIB,
      'MiB',
    )
    if (name === OURS)
      c.check('S1', `${name}: held by the runtime, out of our sight`, held, { max: 0.25, unit: 'MiB' })
    else c.note('', `${name}: held by the runtime, out of our sight`, Math.max(0, held), 'MiB')
    // A paused socket does not notice that its server is gone, and would keep this process.
    reader.reset()
  } finally {
    await server.stop()
  }
}

async function measureEnd(c: Criteria, name: WiringName, how: 'close' | 'error' | 'timeout'): Promise<void> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [name])
  try {
    const reader = await openCounter(server.port, '/stream')
    await stall(server, reader)
    const files = openFiles(server.pid)
    await post(server, '/end', { how })
    const gone_ms = await waitFor(() => connection(server.port, reader.port).state === 'gone', 6_000)
    const left = gone_ms === undefined ? connection(server.port, reader.port).state : 'gone'
    const fd = openFiles(server.pid) < files ? 'file closed' : 'file open'
    const { pending_requests } = await labStats(server)
    reader.resume()
    await waitFor(() => reader.ended !== undefined, 3_000)
    const whole = reader.tail.endsWith('0\r\n\r\n') ? 'whole' : 'torn'
    const seen = reader.ended === 'end' ? `FIN, ${whole} body` : (reader.ended ?? 'nothing')
    const text = `${name}: a stuck reader ended by ${how}: its connection is gone after`
    if (name === OURS && how !== 'timeout')
      c.check(how === 'close' ? 'S2' : 'S3', text, gone_ms ?? 'never', { max: ENDED_MS, unit: 'ms' })
    else c.note('', text, gone_ms ?? `never in 6 s: ${left}, ${fd}`, gone_ms === undefined ? '' : 'ms')
    c.note('', `  requests pending then ${pending_requests}; the reader, once it reads, sees`, seen)
    if (name === OURS && how === 'error')
      c.check('S4', 'a reader that was cut sees', seen, { equals: 'ECONNRESET' })
  } finally {
    await server.stop()
  }
}

async function measureLeak(c: Criteria, name: WiringName): Promise<void> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [name])
  const rounds = short ? 3 : 12
  try {
    let base: LabStats | undefined
    let files = 0
    for (let round = 0; round < rounds; round++) {
      const readers = await openCounters(server.port, STUCK, () => '/stream')
      for (const reader of readers) reader.pause()
      await post(server, '/burst', { ticks: 60, per_tick: 10, size_bytes: 10_000 })
      await post(server, '/end', { how: 'error' })
      await Bun.sleep(100)
      for (const reader of readers) reader.reset()
      await Bun.sleep(100)
      // The first rounds warm the allocator up.
      if (round !== 1) continue
      base = await labStats(server)
      files = openFiles(server.pid)
    }
    await Bun.sleep(500)
    const last = await labStats(server)
    const cycles = (rounds - 2) * STUCK
    const grown = (last.rss_bytes - (base?.rss_bytes ?? 0)) / cycles / 1024
    const left = last.pending_requests + Math.max(0, openFiles(server.pid) - files)
    const text = `${name}: ${cycles} stuck streams ended:`
    if (name === OURS) {
      c.check('S5', `${text} requests and files left behind`, left, { equals: 0 })
      c.check('S6', `${text} memory left behind by each`, grown, { max: short ? 500 : 20, unit: 'KiB' })
    } else {
      c.note('', `${text} requests and files left behind`, left)
      c.note('', `${text} memory left behind by each`, grown, 'KiB')
    }
  } finally {
    await server.stop()
  }
}

/** B: what stuck readers cost a server that bounds them, until they are cut; and the others meanwhile. */
export async function checkBound(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/server.ts`)
  const publish = (ticks: number) =>
    post(server, '/burst', { ticks, per_tick: 1, topics: 1, size_bytes: 10_000 })
  try {
    const well = await openCounters(server.port, STUCK, () => '/stream?topics=t0')
    const stuck = await openCounters(server.port, STUCK, () => '/stream?topics=t0')
    await publish(20)
    const base = await serverStats(server, true)
    for (const reader of stuck) reader.pause()
    let published = 20
    let most = base
    while (published < 2_000 && most.waiting.bytes < STUCK * 0.9 * MIB) {
      await publish(10)
      published += 10
      const now = await serverStats(server)
      if (now.readers < 2 * STUCK) break
      most = now
    }
    const unsent = stuck.map(({ port }) => connection(server.port, port).unsent_bytes)
    const each = (bytes: number) => bytes / STUCK / MIB
    c.note(
      'B',
      `${STUCK} stuck readers: waiting with us for each, before they are cut`,
      each(most.waiting.bytes),
      'MiB',
    )
    c.note('', '  held by the kernel for each', each(unsent.reduce((sum, bytes) => sum + bytes, 0)), 'MiB')
    c.check('B1', "  the server's memory for each", each(most.rss_bytes - base.rss_bytes), {
      max: 2,
      unit: 'MiB',
    })
    await publish(150)
    published += 150
    const { readers } = await serverStats(server)
    c.check('B2', 'stuck readers still open after their mebibyte', readers - STUCK, { equals: 0 })
    await waitFor(() => well.every(({ frames }) => frames === published), 10_000)
    const missed = well.filter(({ frames }) => frames !== published).length
    c.check('B3', `of ${STUCK} readers beside them, those that missed one of ${published} events`, missed, {
      equals: 0,
    })
    for (const reader of stuck) reader.resume()
    await waitFor(() => stuck.every(({ ended }) => ended !== undefined), 3_000)
    const reset = stuck.filter(({ ended }) => ended === 'ECONNRESET').length
    c.check('B4', 'stuck readers that see a reset, and so come back with their cursor', reset, {
      equals: STUCK,
    })
    const after = await serverStats(server, true)
    c.note(
      '',
      "growth of the server's memory once they are gone",
      (after.rss_bytes - base.rss_bytes) / MIB,
      'MiB',
    )
  } finally {
    await server.stop()
  }
}
