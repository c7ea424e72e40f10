import type { Criteria } from '../../lib/criteria.ts'
import type { Message } from '../wire.ts'
import type { Stage } from './stage.ts'

const STEPS = ['received', 'submitted', 'accepted', 'answered', 'posted', 'done'] as const
const ANSWER_MS = 15_000

/** Messages of people that have no answer, or more than one. */
async function unlike(stage: Stage, channel_id: string): Promise<{ lost: number; doubled: number }> {
  const messages = await stage.messages(channel_id)
  const answers = (asked: Message) =>
    messages.filter(({ sender, reply_to }) => sender.type === 'agent' && reply_to === asked.seq).length
  const asked = messages.filter(({ sender }) => sender.type === 'human')
  return {
    lost: asked.filter((message) => answers(message) === 0).length,
    doubled: asked.filter((message) => answers(message) > 1).length,
  }
}

/** The bridge dies before and after it writes each step down, and is started again. */
export async function killAtEveryStep(c: Criteria, stage: Stage): Promise<void> {
  let survived = 0
  const cases = STEPS.flatMap((step) => [`${step}:before`, `${step}:after`])
  for (const die of cases) {
    const channel_id = `kill-${die.replace(':', '-')}`
    await stage.bridge.kill()
    await stage.bridge.start({ DIE: die })
    const { message } = await stage.say(channel_id, `what about ${die}?`)
    await stage.bridge.died(ANSWER_MS)
    await stage.bridge.start()
    const answer = await stage.answer(message, ANSWER_MS)
    // What was posted twice would come within a moment.
    await Bun.sleep(150)
    const { lost, doubled } = await unlike(stage, channel_id)
    const ran = (await stage.turns()).filter((turn) => turn.message === message.content).length
    if (answer && lost === 0 && doubled === 0 && ran === 1) survived++
    else c.note('B4', `${die}: lost ${lost}, doubled ${doubled}, turns`, ran)
  }
  c.check('B4', 'bridge killed before and after each of six steps: answered once, by one turn', survived, {
    equals: cases.length,
    unit: 'cases',
  })
}

/** The gateway dies in mid-turn and forgets every id it was given. */
export async function killGateway(c: Criteria, stage: Stage): Promise<void> {
  const { message } = await stage.say('gateway-dies', 'think about this [[slow:1500]]')
  await Bun.sleep(500)
  await stage.gateway.kill()
  const { message: meanwhile } = await stage.say('gateway-away', 'and about this')
  await stage.gateway.start()
  const first = await stage.answer(message, ANSWER_MS)
  const second = await stage.answer(meanwhile, ANSWER_MS)
  await Bun.sleep(500)
  const a = await unlike(stage, 'gateway-dies')
  const b = await unlike(stage, 'gateway-away')
  c.check(
    'B5',
    'gateway killed in mid-turn and started again: both messages answered once',
    first !== undefined && second !== undefined && a.lost + a.doubled + b.lost + b.doubled === 0,
    { equals: true },
  )
}

/** The server dies after it stored an answer and before it said so, and once more with messages around it. */
export async function killServer(c: Criteria, stage: Stage): Promise<void> {
  await stage.server.kill()
  await stage.server.start({ DIE: 'answer-stored' })
  const { message } = await stage.say('server-dies', 'store this and die')
  await stage.server.died(ANSWER_MS)
  await stage.server.start()
  const answered = await stage.answer(message, ANSWER_MS)
  await Bun.sleep(300)
  const once = await unlike(stage, 'server-dies')
  c.check(
    'B6',
    'server killed between storing an answer and saying so: the answer is there once',
    answered !== undefined && once.lost + once.doubled === 0,
    { equals: true },
  )

  const before = (await stage.say('replay', 'before')).message
  await stage.server.kill()
  await stage.server.start()
  // At once, before the bridge is back on its stream: these come to it by replay.
  const after = await Promise.all(
    Array.from({ length: 20 }, (_, i) => stage.say('replay', `after ${i}`).then((said) => said.message)),
  )
  const answers = await Promise.all([before, ...after].map((said) => stage.answer(said, ANSWER_MS)))
  const { lost, doubled } = await unlike(stage, 'replay')
  c.check(
    'B7',
    'server restarted: messages before and right after it, answered once each',
    answers.filter((answer) => answer !== undefined).length - lost - doubled,
    { equals: 21 },
  )
}

/** Messages over three channels while the bridge is killed at random moments. */
export async function killAtRandom(c: Criteria, stage: Stage, kills: number): Promise<void> {
  const channels = ['storm-a', 'storm-b', 'storm-c']
  let running = true
  const said: Message[] = []
  const people = channels.map(async (channel_id) => {
    for (let i = 0; running; i++) {
      said.push((await stage.say(channel_id, `${channel_id} ${i}`)).message)
      await Bun.sleep(60)
    }
  })
  for (let i = 0; i < kills; i++) {
    await Bun.sleep(150 + Math.random() * 500)
    await stage.bridge.kill()
    await stage.bridge.start()
  }
  running = false
  await Promise.all(people)
  for (const message of said) await stage.answer(message, ANSWER_MS)
  const sums = await Promise.all(channels.map((channel_id) => unlike(stage, channel_id)))
  const lost = sums.reduce((sum, one) => sum + one.lost, 0)
  const doubled = sums.reduce((sum, one) => sum + one.doubled, 0)
  c.check(
    'B8.1',
    `${said.length} messages, ${kills} kills of the bridge at random moments: not answered`,
    lost,
    {
      equals: 0,
    },
  )
  c.check('B8.2', 'and answered twice', doubled, { equals: 0 })
  const answers = (await Promise.all(channels.map((id) => stage.messages(id)))).map((messages) =>
    messages.filter(({ sender }) => sender.type === 'agent').map(({ reply_to }) => reply_to ?? 0),
  )
  c.check(
    'B8.3',
    'answers of a channel that are out of the order of their questions',
    answers.flatMap((replies) => replies.filter((seq, i) => i > 0 && seq < replies[i - 1]!)).length,
    { equals: 0 },
  )
}
