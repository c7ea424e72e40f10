/**
 * `bun run bench [--only websocket,sse] [--runs 5] [--seconds 5] [--window 64]`: every row beside its references in the same
 * invocation, medians over the runs. A single time means little on a shared machine; the ratio is what counts.
 */
import { LIMITS } from '../src/contracts/limits.ts'
import { machine, median, round } from './lib.ts'
import { startProduct } from './product.ts'
import { type Figures, ROWS, type Row } from './rows.ts'

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback)
}

const only = option('only', Object.keys(ROWS).join(',')).split(',')
const runs = Number(option('runs', '5'))
const seconds = Number(option('seconds', '5'))
// As many as the server takes from one client before it calls that a flood.
const window = Number(option('window', String(LIMITS.ws_inbound_queue_max)))

console.log(`${machine()}; medians of ${runs} runs of ${seconds} s`)
const product = await startProduct()
try {
  for (const key of only) {
    const row = ROWS[key]
    if (!row) throw new Error(`There is no row "${key}": ${Object.keys(ROWS).join(', ')}`)
    const figures: Figures[] = []
    for (let i = 0; i < runs; i++) figures.push(await row.run(product, seconds, window))
    report(row, figures)
  }
} finally {
  await product.stop()
}
process.exit()

function report(row: Row, figures: readonly Figures[]): void {
  const names = Object.keys(figures[0] ?? {})
  const middle = Object.fromEntries(
    names.map((name) => [name, median(figures.map((f) => f[name] ?? Number.NaN))]),
  )
  const product_figure = middle.product ?? Number.NaN
  console.log(`\n${row.name}`)
  for (const name of names)
    console.log(
      `  ${name.padEnd(40)} ${round(middle[name] ?? Number.NaN).padStart(12)} ${name === 'product' ? row.unit : ''}`,
    )
  if ('reference' in row.judge) {
    const ratio = product_figure / (middle[row.judge.reference] ?? Number.NaN)
    const goal = Number.isNaN(row.judge.goal) ? '' : `, goal ${row.judge.goal}`
    const verdict = Number.isNaN(row.judge.floor)
      ? ''
      : ` (floor ${row.judge.floor}${goal}) ${ratio >= row.judge.floor ? 'holds' : 'BELOW THE FLOOR'}`
    console.log(`  ratio to ${row.judge.reference}: ${ratio.toFixed(2)}${verdict}`)
    if ('raw Bun publish' in middle)
      console.log(
        `  ratio to raw Bun publish: ${(product_figure / middle['raw Bun publish']!).toFixed(2)} (goal 0.7)`,
      )
  } else
    console.log(
      `  at most ${row.judge.at_most}, goal ${row.judge.goal}: ${product_figure <= row.judge.at_most ? 'holds' : 'ABOVE THE BOUND'}`,
    )
}
