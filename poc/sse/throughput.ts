import { type Criteria, short } from '../lib/criteria.ts'
import { median } from '../lib/figures.ts'
import { startChild } from './child.ts'
import { openCounters, post } from './cost.ts'
import type { LabStats, Push } from './lab.ts'
import { waitFor } from './measure.ts'
import { isWiring, WIRINGS, type WiringName } from './wirings.ts'

const STREAMS = short ? 300 : 2_000
const ROUNDS = 3
const FRAME_BYTES = 300

const OURS: WiringName = 'direct, pushed, one write per tick'

interface Cost {
  /** CPU of the server per frame. */
  each_us: number
  frames_per_s: number
}

/** W: the wirings side by side, with one event a tick and with ten. */
export async function compareWirings(c: Criteria): Promise<void> {
  const costs = new Map<WiringName, { one: Cost; ten: Cost }>()
  for (const name of Object.keys(WIRINGS).filter(isWiring)) {
    if (short && name !== OURS && name !== 'generator, frame by frame') continue
    const cost = await measure(name)
    costs.set(name, cost)
    c.note('W', `${name}: CPU per frame, one frame a tick`, cost.one.each_us, 'µs')
    c.note('', `${name}: CPU per frame, ten frames a tick`, cost.ten.each_us, 'µs')
    c.note(
      '',
      `${name}: frames per second to ${STREAMS} streams, ten a tick`,
      Math.round(cost.ten.frames_per_s),
    )
  }
  const ours = costs.get(OURS)
  const generator = costs.get('generator, frame by frame')
  if (!ours || !generator) throw new Error('A wiring was not measured')
  c.check(
    'W1',
    'the chosen wiring, one frame a tick: its CPU beside a generator',
    ours.one.each_us / generator.one.each_us,
    {
      max: short ? 1.5 : 1.1,
      unit: '×',
    },
  )
  c.check(
    'W2',
    'the chosen wiring, ten frames a tick: its CPU beside a generator',
    ours.ten.each_us / generator.ten.each_us,
    {
      max: 1,
      unit: '×',
    },
  )
}

async function measure(name: WiringName): Promise<{ one: Cost; ten: Cost }> {
  const server = await startChild(`${import.meta.dir}/lab.ts`, [name])
  try {
    const readers = await openCounters(server.port, STREAMS, () => '/stream')
    const count = () => readers.reduce((sum, { frames }) => sum + frames, 0)
    const run = async (push: Push): Promise<Cost> => {
      const frames = push.ticks * push.per_tick * STREAMS
      const before = count()
      const stats = async (): Promise<LabStats> => (await fetch(`${server.url}/stats`)).json()
      const { cpu_us } = await stats()
      const began = performance.now()
      await post(server, '/burst', push)
      const done = await waitFor(() => count() - before >= frames, 60_000)
      if (done === undefined) throw new Error(`${name}: of ${frames} frames ${count() - before} came`)
      const wall_s = (performance.now() - began) / 1000
      return { each_us: ((await stats()).cpu_us - cpu_us) / frames, frames_per_s: frames / wall_s }
    }
    const middle = async (push: Push): Promise<Cost> => {
      const costs: Cost[] = []
      for (let round = 0; round < ROUNDS; round++) costs.push(await run(push))
      return {
        each_us: median(costs.map(({ each_us }) => each_us)),
        frames_per_s: median(costs.map(({ frames_per_s }) => frames_per_s)),
      }
    }
    await run({ ticks: 10, per_tick: 10, size_bytes: FRAME_BYTES })
    return {
      one: await middle({ ticks: 50, per_tick: 1, size_bytes: FRAME_BYTES }),
      ten: await middle({ ticks: 20, per_tick: 10, size_bytes: FRAME_BYTES }),
    }
  } finally {
    await server.stop()
  }
}
