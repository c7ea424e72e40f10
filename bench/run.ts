/**
 * `bun run bench [--only websocket,sse] [--runs 5] [--seconds 5] [--profile FOLDER]`: every row beside its references in the same invocation,
 * medians over the runs. On a shared machine only the ratio is meaningful. A slow machine slows the bench down but
 * never fails it; the exit code tells whether every row could be measured. With `--profile` the servers write where their CPU time
 * went to the folder when they end.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from './lib.ts'
import { startProduct } from './product.ts'
import { report } from './report.ts'
import type { Figures } from './row.ts'
import { ROWS } from './rows.ts'

const USAGE = `bun run bench [--only ROWS] [--runs 5] [--seconds 5] [--profile FOLDER]
ROWS, separated by commas: ${Object.keys(ROWS).join(', ')}`

const values = options()
const keys = values.only.split(',')
const unknown = keys.filter((key) => !Object.hasOwn(ROWS, key))
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. There are: ${Object.keys(ROWS).join(', ')}.`)
  process.exit(2)
}
const runs = Number(values.runs)
const seconds = Number(values.seconds)

console.log(`${machine()}; medians of ${runs} runs of ${seconds} s`)
if (values.profile !== undefined) process.env.BENCH_PROFILE = resolve(values.profile)
const product = await startProduct()
const below: string[] = []
const broken: string[] = []
try {
  for (const key of keys) {
    const row = ROWS[key]!
    const figures: Figures[] = []
    try {
      for (let i = 0; i < Math.min(runs, row.runs_max ?? runs); i++)
        figures.push(await row.run(product, seconds))
    } catch (error) {
      // One row that cannot be measured does not hide the others.
      console.error(`\n${row.name}\n  could not be measured:`, error)
      broken.push(key)
      continue
    }
    if (!report(row, figures)) below.push(key)
  }
} finally {
  await product.stop()
}
console.log(
  `\n${keys.length} rows: ${below.length === 0 ? 'every floor holds' : `below the floor: ${below.join(', ')}`}${
    broken.length === 0 ? '' : `; not measured: ${broken.join(', ')}`
  }`,
)
process.exit(broken.length > 0 ? 1 : 0)

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: Object.keys(ROWS).join(',') },
        runs: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    if (!values.help) return values
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(2)
  }
}
