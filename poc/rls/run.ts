/**
 * `bun poc/rls/run.ts [--short]`: does row-level security keep two orgs apart, whatever is asked, and what does it cost?
 */
import { criteria } from '../lib/criteria.ts'
import { checkEdges } from './edges.ts'
import { measureLatency } from './latency.ts'
import { fingerprint, runOwn, runSituation, SITUATIONS } from './matrix.ts'
import { checkMistakes } from './mistakes.ts'
import { setUp } from './setup.ts'

const c = criteria('row-level security')
const bench = await setUp()
try {
  const prints = async () => [await fingerprint(bench, bench.a), await fingerprint(bench, bench.b)].join()
  const before = await prints()
  const own = await runOwn(bench)
  c.check('R1', `${own.statements} statements aimed at own rows: those that miss them`, own.blind.length, {
    equals: 0,
  })
  for (const blind of own.blind) c.note('', blind, 'missed')
  for (const [at, situation] of SITUATIONS.entries()) {
    const { statements, refused, leaks } = await runSituation(bench, situation)
    c.check(
      `R2.${at + 1}`,
      `${situation.name}: ${statements} statements, ${refused} refused; those that reach a foreign row`,
      leaks.length,
      { equals: 0 },
    )
    for (const leak of leaks) c.note('', leak, 'leaked')
  }
  c.check('R3', 'any row of either org changed by all of them', (await prints()) !== before, {
    equals: false,
  })
  await checkEdges(c, bench)
  await checkMistakes(c, bench)
  await measureLatency(c, bench)
} finally {
  await bench.stop()
}
await c.finish()
