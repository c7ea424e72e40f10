/**
 * `bun poc/sub-agents/run.ts [--short]`: can a short-lived agent get a key of its own that opens its task and nothing else,
 * dies with it whatever happens, and costs next to nothing per request?
 */
import { criteria } from '../lib/criteria.ts'
import { checkCap, checkEnd, checkScope, checkStored, measureCost } from './checks.ts'
import { openStage } from './stage.ts'

const c = criteria('sub-agents')
const stage = await openStage(1_000)
try {
  const server = await stage.server()
  await checkScope(c, stage, server)
  await checkEnd(c, stage, server)
  await checkStored(c, stage, server)
  await measureCost(c, stage, server)
} finally {
  await stage.stop()
}
await checkCap(c, 5)
await c.finish()
process.exit()
