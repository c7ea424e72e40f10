import { countByPromise } from './check.ts'
import { type Broken, type History, PROMISES } from './history.ts'

/** Of one promise. */
const SHOWN = 12

/** Prints the counts of a run and what it broke; answers the number of broken promises. */
export function report({ facts, views, stored }: History, broken: readonly Broken[]): number {
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0)
  const acknowledged = facts.filter(({ acks }) => acks.length > 0).length
  const again = sum(facts.map(({ acks }) => Math.max(0, acks.length - 1)))
  const messages = sum(stored.flatMap(({ channels }) => [...channels.values()].map(({ length }) => length)))
  const delivered = sum(views.map(({ seen }) => seen.length))
  const reconnects = sum(views.map(({ connects }) => Math.max(0, connects - 1)))
  const events = sum(stored.map((org) => org.events.length))
  const takes = sum(stored.map((org) => org.takes.length))
  console.log(`${facts.length} changes sent, ${acknowledged} acknowledged, ${again} acknowledged once more`)
  console.log(`${messages} messages and ${events} events stored, ${takes} epochs taken`)
  console.log(`${delivered} delivered to ${views.length} clients, which came back ${reconnects} times`)
  const counts = countByPromise(broken)
  for (const promise of PROMISES) {
    const name = promise.slice(0, promise.indexOf(':'))
    const of_it = broken.filter((one) => one.promise === name)
    if (of_it.length === 0) continue
    console.log(`  BROKEN ${counts.get(of_it[0]!.promise)} × ${promise}`)
    for (const what of examples(of_it)) console.log(`    ${what}`)
  }
  return broken.length
}

/** One of each client or org before a second one of any. */
function examples(broken: readonly Broken[]): string[] {
  const first = new Map(broken.map(({ what }) => [what.split(' ').slice(0, 2).join(' '), what]))
  const rest = broken.filter(({ what }) => ![...first.values()].includes(what)).map(({ what }) => what)
  return [...first.values(), ...rest].slice(0, SHOWN)
}
