import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Criteria } from '../../lib/criteria.ts'
import { startFakeModel } from '../real-gateway/fake-model.ts'
import { installGateway, OPENCLAW_VERSION } from '../real-gateway/install.ts'
import { launchGateway } from '../real-gateway/launch.ts'
import { roundTrips } from './speed.ts'
import { freePort, Stage } from './stage.ts'

const ANSWER_MS = 60_000
const TOKEN = 'proof-token'

/** The same against a real gateway, with a model of our own behind it. */
export async function againstRealGateway(c: Criteria, rounds: number): Promise<void> {
  const installed = await installGateway()
  const dir = mkdtempSync(join(tmpdir(), 'mc-poc-gateway-'))
  const model = startFakeModel()
  const launch = { dir, port: await freePort(), token: TOKEN, model_port: model.port }
  let gateway = await launchGateway(installed, launch)
  const stage = await Stage.open({ url: gateway.url, token: TOKEN })
  try {
    c.note('R0', `OpenClaw ${OPENCLAW_VERSION}, from start to ready`, gateway.ready_ms, 'ms')
    await roundTrips(c, stage, rounds, 'real', async (content) => {
      const call = model.calls.findLast(({ user }) => user.includes(content))
      return call && { received_ms: call.received_ms, final_ms: call.answered_ms ?? Number.NaN }
    })

    let survived = 0
    const cases = ['submitted:after', 'accepted:before', 'accepted:after', 'answered:before', 'posted:before']
    for (const die of cases) {
      const content = `killed at ${die}`
      await stage.bridge.kill()
      await stage.bridge.start({ DIE: die })
      const { message } = await stage.say('real-kills', content)
      await stage.bridge.died(ANSWER_MS)
      await stage.bridge.start()
      if (!(await stage.answer(message, ANSWER_MS))) continue
      await Bun.sleep(500)
      const replies = (await stage.messages('real-kills')).filter(({ reply_to }) => reply_to === message.seq)
      const asked = model.calls.filter(({ user }) => user.includes(content))
      if (replies.length === 1 && asked.length === 1) survived++
      else c.note('R4', `${die}: ${replies.length} answers, turns`, asked.length)
    }
    c.check('R4', 'bridge killed at its steps: answered once, by one turn of the model', survived, {
      equals: cases.length,
      unit: 'cases',
    })

    const { message } = await stage.say('real-restart', 'think long [[slow:4000]]')
    await Bun.sleep(1_500)
    await gateway.kill()
    gateway = await launchGateway(installed, launch)
    const answer = await stage.answer(message, ANSWER_MS)
    await Bun.sleep(2_000)
    const replies = (await stage.messages('real-restart')).filter(({ sender }) => sender.type === 'agent')
    c.check('R5', 'gateway killed in mid-turn and started again: answers', answer ? replies.length : 0, {
      equals: 1,
    })
  } finally {
    await stage.close()
    await gateway.kill()
    model.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
