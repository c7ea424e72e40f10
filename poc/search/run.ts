/**
 * `bun poc/search/run.ts [--short]`: can PostgreSQL find text over everything an org has, ranked, with snippets, quickly,
 * and never more than the caller may read? The short form leaves out the million messages.
 */
import { criteria, short } from '../lib/criteria.ts'
import { checkAccess, checkPlans } from './access.ts'
import { measureCost } from './cost.ts'
import { openLibrary } from './library.ts'
import { checkSamples } from './samples.ts'
import { measureRankAll, measureSpeed } from './speed.ts'

const FEW = 10_000
const MANY = 1_000_000

const c = criteria('search')
const small = await openLibrary(FEW)
try {
  await measureSpeed(c, small, 'T', short ? 40 : 200, { one: 50, two: 50, access: 100, frequent: 100 })
  await checkPlans(c, small)
  await checkAccess(c, small)
  await checkSamples(c, small)
  await measureCost(c, small)
} finally {
  await small.stop()
}
if (!short) {
  const large = await openLibrary(MANY)
  try {
    await measureSpeed(c, large, 'M', 100, { one: 300, two: 300, access: 300, frequent: 300 })
    await measureRankAll(c, large)
    await checkPlans(c, large)
  } finally {
    await large.stop()
  }
}
await c.finish()
process.exit()
