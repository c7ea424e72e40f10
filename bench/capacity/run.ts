/**
 * `bun bench/capacity/run.ts [--connections 1000000] [--orgs 100000] [--busy 0.1] [--changes 2] [--readers 0.8] [--cores 1]
 * [--memory 4096] [--utilization 0.5] [--check]`: what an installation needs, by the model of `model.ts`. `--check` measures
 * memory and CPU per connection on this machine and compares them with what the model assumes.
 */
import { parseArgs } from 'node:util'
import { round } from '../lib.ts'
import { checkCosts } from './check.ts'
import { COSTS, capacityFor } from './model.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000000' },
    orgs: { type: 'string', default: '100000' },
    busy: { type: 'string', default: '0.1' },
    changes: { type: 'string', default: '2' },
    readers: { type: 'string', default: '0.8' },
    cores: { type: 'string', default: '1' },
    memory: { type: 'string', default: '4096' },
    utilization: { type: 'string', default: '0.5' },
    check: { type: 'boolean', default: false },
  },
})
const demand = {
  connections: Number(values.connections),
  orgs: Number(values.orgs),
  busy_share: Number(values.busy),
  changes_per_minute: Number(values.changes),
  readers_share: Number(values.readers),
}
const size = {
  cores: Number(values.cores),
  memory_mib: Number(values.memory),
  utilization: Number(values.utilization),
}
if ([...Object.values(demand), ...Object.values(size)].some((value) => !(value > 0))) {
  console.error('Every figure must be a number above 0.')
  process.exit(2)
}
print('demand', demand)
print('a node', size)
print('assumed costs', COSTS)
print('needed', capacityFor(demand, size))
if (values.check) process.exit((await checkCosts()) ? 0 : 1)

function print(title: string, figures: object): void {
  console.log(`\n${title}`)
  for (const [name, value] of Object.entries(figures))
    console.log(
      `  ${name.replaceAll('_', ' ').padEnd(28)} ${typeof value === 'number' ? round(value).padStart(12) : value.padStart(12)}`,
    )
}
