/**
 * `bun run chaos [--long] [--faults N]`: several nodes on one Redis and one PostgreSQL, with faults at all of them.
 * `--fencing [--rounds 50]`: owners that are paused beyond their lease. `--overload [--seconds 60]`: five times
 * the sustainable rate. `--single [--kills 100]`: one server that is killed
 * under load. `--inside [--minutes 10]`: callers inside the process, PostgreSQL restarted under them. What was acknowledged
 * and seen is compared with what is stored. All take `--seed`, several with commas between; the same seed gives the same
 * faults.
 */
import { parseArgs } from 'node:util'
import { runInside } from './inside/run.ts'
import { runFencing } from './nodes/fencing.ts'
import { runOverload } from './nodes/overload.ts'
import { runNodes } from './nodes/run.ts'
import { runSingle } from './single.ts'

const { values } = parseArgs({
  options: {
    single: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
    fencing: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '50' },
    overload: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    faults: { type: 'string' },
    logs: { type: 'string' },
    kills: { type: 'string', default: '100' },
    rate: { type: 'string', default: '200' },
    writers: { type: 'string', default: '10' },
    channels: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '10' },
    callers: { type: 'string', default: '12' },
    orgs: { type: 'string', default: '3' },
  },
})

const SHORT = { faults: 12, pause_ms: 8_000 }
const LONG = { faults: 50, pause_ms: 20_000 }

let failed = false
for (const seed of values.seed.split(',').map(Number)) {
  const broken = await run(seed)
  console.log(
    broken === 0
      ? 'nothing lost, nothing doubled, nothing reordered'
      : `${broken} broken promises (seed ${seed})`,
  )
  failed ||= broken > 0
}
process.exit(failed ? 1 : 0)

async function run(seed: number): Promise<number> {
  if (values.single)
    return await runSingle({
      seed,
      kills: Number(values.kills),
      rate: Number(values.rate),
      writers: Number(values.writers),
      channels: Number(values.channels),
    })
  if (values.inside)
    return await runInside({
      seed,
      minutes: Number(values.minutes),
      callers: Number(values.callers),
      orgs: Number(values.orgs),
    })
  const logs = values.logs === undefined ? {} : { logs: values.logs }
  if (values.fencing) return await runFencing({ seed, rounds: Number(values.rounds), ...logs })
  if (values.overload) return await runOverload({ seed, seconds: Number(values.seconds), ...logs })
  const form = values.long ? LONG : SHORT
  return await runNodes({
    seed,
    ...form,
    faults: values.faults === undefined ? form.faults : Number(values.faults),
    ...logs,
  })
}
