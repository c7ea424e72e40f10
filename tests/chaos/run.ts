/**
 * `bun run chaos --single [--kills 100]`: kills one server under load and compares what was acknowledged and seen with the
 * stored messages. `bun run chaos --inside [--minutes 10]`: callers inside the process, PostgreSQL restarted under them.
 * Both take `--seed`; the same seed gives the same faults.
 */
import { parseArgs } from 'node:util'
import { runInside } from './inside/run.ts'
import { runSingle } from './single.ts'

const { values } = parseArgs({
  options: {
    single: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    kills: { type: 'string', default: '100' },
    rate: { type: 'string', default: '200' },
    writers: { type: 'string', default: '10' },
    channels: { type: 'string', default: '5' },
    minutes: { type: 'string', default: '10' },
    callers: { type: 'string', default: '12' },
    orgs: { type: 'string', default: '3' },
  },
})
if (values.single === values.inside) {
  console.error('Several nodes are not built yet: run with --single or with --inside.')
  process.exit(2)
}

const seed = Number(values.seed)
const broken = values.single
  ? await runSingle({
      seed,
      kills: Number(values.kills),
      rate: Number(values.rate),
      writers: Number(values.writers),
      channels: Number(values.channels),
    })
  : await runInside({
      seed,
      minutes: Number(values.minutes),
      callers: Number(values.callers),
      orgs: Number(values.orgs),
    })
console.log(
  broken === 0
    ? 'nothing lost, nothing doubled, nothing reordered'
    : `${broken} broken promises (seed ${seed})`,
)
process.exit(broken === 0 ? 0 : 1)
