/**
 * `bun poc/sse/run.ts [--short]`: can one process serve thousands of filtered event streams, with replay, without
 * leaking, and get rid of readers that do not read?
 */
import { criteria } from '../lib/criteria.ts'
import { checkCost } from './cost.ts'
import { checkDelivery, checkSoak } from './delivery.ts'
import { checkPeers } from './peers.ts'
import { checkBound, checkStalled } from './stalled.ts'
import { compareWirings } from './throughput.ts'

const c = criteria('event streams')
await checkDelivery(c)
await checkBound(c)
await checkStalled(c)
await checkPeers(c)
await checkCost(c)
await compareWirings(c)
await checkSoak(c)
await c.finish()
