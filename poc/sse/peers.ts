import { type Criteria, short } from '../lib/criteria.ts'
import { median } from '../lib/figures.ts'
import { startChild } from './child.ts'
import { openCounters, post, serverStats } from './cost.ts'
import type { LabStats } from './lab.ts'
import { connection, waitFor } from './measure.ts'
import { openCounter } from './reader.ts'
import type { WiringName } from './wirings.ts'

const OURS: WiringName = 'direct, pushed, one write per tick'
const QUIET_S = 30

/** G: how soon the server knows that a reader is gone, and what a quiet stream needs to live. */
export async function checkPeers(c: Criteria): Promise<void> {
  await checkGone(c)
  await checkFrozen(c)
  if (!short) await checkQuiet(c)
}

async function checkGone(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [OURS])
  try {
    const gone = async () => {
      const stats: LabStats = await (await fetch(`${server.url}/stats`)).json()
      return stats.gone
    }
    for (const how of ['end', 'reset'] as const) {
      const times: number[] = []
      for (const reader of await openCounters(server.port, 10, () => '/stream')) {
        const before = await gone()
        const began = performance.now()
        reader[how]()
        while ((await gone()) === before && performance.now() - began < 5_000);
        times.push(performance.now() - began)
      }
      const text = how === 'end' ? 'a reader that closes (FIN)' : 'a reader that resets (RST)'
      c.check(how === 'end' ? 'G1' : 'G2', `${text}: known after, of 10 the middle one`, median(times), {
        max: short ? 1_000 : 100,
        unit: 'ms',
      })
    }
  } finally {
    await server.stop()
  }
}

async function checkFrozen(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/server.ts`)
  const reader = await startChild(`${import.meta.dir}/frozen.ts`, [String(server.port), '/stream?topics=t0'])
  try {
    process.kill(reader.pid, 'SIGSTOP')
    await Bun.sleep(short ? 500 : 5_000)
    const quiet = connection(server.port, reader.port).state === 'established'
    c.note('G3', `a frozen reader of a quiet stream is held for open after ${short ? 0.5 : 5} s`, quiet)
    const began = performance.now()
    let events = 0
    while (performance.now() - began < 60_000 && (await serverStats(server)).readers > 0) {
      await post(server, '/burst', { ticks: 10, per_tick: 1, topics: 1, size_bytes: 10_000 })
      events += 10
      if (!short) await Bun.sleep(100)
    }
    const gone_ms = await waitFor(() => connection(server.port, reader.port).state === 'gone', 5_000)
    const bytes = events * 10_000
    c.check('G4', 'a frozen reader: cut by the bound after so much was sent to it', bytes / 2 ** 20, {
      max: 12,
      unit: 'MiB',
    })
    c.check('G5', '  and its connection is gone in the same moment', gone_ms ?? 'never', {
      max: short ? 2_000 : 200,
      unit: 'ms',
    })
    c.note(
      '',
      `  after, at ${short ? 'full speed' : '100 events of 10 kB a second'}`,
      (performance.now() - began) / 1000,
      's',
    )
  } finally {
    await reader.stop()
    await server.stop()
  }
}

async function checkQuiet(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [OURS])
  try {
    const began = performance.now()
    const allowed = await openCounter(server.port, '/stream')
    const idle = await openCounter(server.port, '/stream?idle')
    await waitFor(() => idle.ended !== undefined, QUIET_S * 1000)
    const cut_s = (performance.now() - began) / 1000
    c.check('G6', 'a quiet stream under the default idleTimeout of 10 s is cut after', cut_s, {
      min: 8,
      max: 20,
      unit: 's',
    })
    await Bun.sleep(Math.max(0, QUIET_S * 1000 - (performance.now() - began)))
    c.check(
      'G7',
      `a quiet stream with server.timeout(request, 0) is open after ${QUIET_S} s`,
      allowed.ended === undefined,
      {
        equals: true,
      },
    )
    allowed.end()
  } finally {
    await server.stop()
  }
}
