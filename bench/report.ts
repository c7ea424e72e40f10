import { median, round } from './lib.ts'
import type { Figures, Judgement, Row } from './row.ts'

/** Prints the medians of a row and its judgements; true when every floor and bound holds. */
export function report(row: Row, runs: readonly Figures[]): boolean {
  const names = Object.keys(runs[0] ?? {})
  const medians: Figures = Object.fromEntries(
    names.map((name) => [name, median(runs.map((figures) => figures[name] ?? Number.NaN))]),
  )
  console.log(`\n${row.name}`)
  for (const name of names)
    console.log(
      `  ${name.padEnd(40)} ${round(medians[name]!).padStart(12)} ${name === 'product' ? row.unit : ''}`,
    )
  const verdicts = row.judge.map((judgement) => verdict(judgement, medians))
  for (const { text } of verdicts) console.log(`  ${text}`)
  return verdicts.every(({ holds }) => holds)
}

function verdict(judgement: Judgement, figures: Figures): { text: string; holds: boolean } {
  const product = figures.product ?? Number.NaN
  if ('at_most' in judgement) {
    const { figure, at_most, goal } = judgement
    const measured = figure === undefined ? product : (figures[figure] ?? Number.NaN)
    const holds = measured <= at_most
    return {
      text: `${figure === undefined ? '' : `${figure}: `}at most ${at_most}, goal ${goal}: ${holds ? 'holds' : 'ABOVE THE BOUND'}`,
      holds,
    }
  }
  const { reference, floor, goal } = judgement
  const ratio = product / (figures[reference] ?? Number.NaN)
  const holds = floor === undefined || ratio >= floor
  const bounds = [floor === undefined ? '' : `floor ${floor}`, goal === undefined ? '' : `goal ${goal}`]
  const text = `ratio to ${reference}: ${ratio.toFixed(2)} (${bounds.filter(Boolean).join(', ') || 'no floor'})`
  return { text: `${text}${floor === undefined ? '' : holds ? ' holds' : ' BELOW THE FLOOR'}`, holds }
}
