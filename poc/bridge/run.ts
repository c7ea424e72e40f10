/**
 * `bun poc/bridge/run.ts [--short]`: can a bridge carry messages between Mission Control and a gateway so that none is
 * lost and none is answered twice, whoever dies? The short form uses the mock gateway only, unless
 * `MC_POC_REAL_GATEWAY=1`.
 */
import { criteria, short } from '../lib/criteria.ts'
import { killAtEveryStep, killAtRandom, killGateway, killServer } from './checks/delivery.ts'
import { againstRealGateway } from './checks/real.ts'
import { roundTrips } from './checks/speed.ts'
import { Stage } from './checks/stage.ts'

const c = criteria('bridge')
const stage = await Stage.open()
try {
  await roundTrips(c, stage, short ? 10 : 100, 'mock', async (content) =>
    (await stage.turns()).find(({ message }) => message === content),
  )
  await killAtEveryStep(c, stage)
  await killGateway(c, stage)
  await killServer(c, stage)
  await killAtRandom(c, stage, short ? 5 : 40)
} finally {
  await stage.close()
}
if (!short || process.env.MC_POC_REAL_GATEWAY === '1') await againstRealGateway(c, short ? 3 : 20)
else c.note('R', 'the real gateway is part of the full form', 'not asked for')
await c.finish()
process.exit()
