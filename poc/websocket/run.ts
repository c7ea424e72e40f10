/**
 * `bun poc/websocket/run.ts [--short]`: one order for everybody, over reconnects too; dead peers found; slow readers ended
 * without a gap; and what a socket and a frame cost.
 */
import { criteria } from '../lib/criteria.ts'
import { measureFanOut, measureMemory } from './cost.ts'
import { checkDead } from './dead.ts'
import { checkOrder } from './order.ts'
import { checkSlow } from './slow.ts'

const c = criteria('websocket')
const dead = checkDead(c)
// It waits, mostly; what is measured runs when it is done.
await checkOrder(c)
await dead
await checkSlow(c)
await measureFanOut(c)
await measureMemory(c)
await c.finish()
process.exit()
