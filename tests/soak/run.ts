/**
 * `bun run soak:bridge [--hours 24] [--minutes N] [--rate 1] [--fault-seconds 60] [--seed N] [--program FILE]`: people ask
 * agents through a bridge while server, gateway, bridge and network go away in turn. Ends with the count of broken promises;
 * the same seed gives the same faults.
 *
 * A busy team asks its agents six times a minute: the default rate (messages a second) is ten times that.
 */
import { parseArgs } from 'node:util'
import { randomFrom } from '../chaos/random.ts'
import { runSoak } from './soak.ts'

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    minutes: { type: 'string' },
    rate: { type: 'string', default: '1' },
    'fault-seconds': { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    program: { type: 'string' },
  },
})
const minutes = values.minutes === undefined ? Number(values.hours) * 60 : Number(values.minutes)
const seed = Number(values.seed)
console.log(
  `soak: ${minutes} min, ${values.rate} messages/s, a fault every ${values['fault-seconds']} s, seed ${seed}`,
)
const problems = await runSoak({
  minutes,
  rate: Number(values.rate),
  fault_seconds: Number(values['fault-seconds']),
  random: randomFrom(seed),
  ...(values.program === undefined ? {} : { program: [values.program] }),
})
for (const problem of problems.slice(0, 20)) console.log(`  BROKEN: ${problem}`)
console.log(
  problems.length === 0
    ? 'nothing lost, nothing answered twice, nothing left behind'
    : `${problems.length} broken promises (seed ${seed})`,
)
process.exit(problems.length === 0 ? 0 : 1)
