import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Agent, Message } from '../../support/client.ts'
import { until } from '../../support/streams.ts'
import { World } from './world.ts'

let world: World
let scout: Agent

beforeAll(async () => {
  world = await World.open()
  scout = await world.agent('scout', { history_fetch_count: 0 })
  await world.startGateway()
})
afterAll(() => world.close())

const STEPS = ['received', 'submitted', 'accepted', 'answered', 'posted', 'done']
const around = (steps: string[]) => steps.flatMap((step) => [`${step}:before`, `${step}:after`])

/** Starts the bridge so that it dies at a place, lets something happen, and starts it again once it is dead. */
async function dyingAt<T>(die: string, happen: () => Promise<T>): Promise<T> {
  await world.bridge.kill()
  await world.startBridge({ die })
  const happened = await happen()
  await world.bridge.ended()
  await world.startBridge()
  return happened
}

/** The answers of the agent once the delivery is over, and every later message has come after them. */
async function finalAnswers(asked: Message): Promise<Message[]> {
  await world.delivered(asked, scout, 'answered')
  const last = await world.say('@scout ECHO afterwards')
  await world.answer(last)
  return await world.answersTo(asked)
}

describe('B4 killed before and after each step, the bridge answers once', () => {
  test.each(around(STEPS))('a message, by one turn: %s', async (place) => {
    const asked = await dyingAt(`message:${place}`, () => world.say(`@scout ECHO message ${place}`))
    const answers = await finalAnswers(asked)
    expect(answers.map(({ content }) => content)).toEqual([`message ${place}`])
    expect(await world.turns(`ECHO message ${place}`)).toHaveLength(1)
  })

  test.each(['part:before', 'part:after'])('a long answer, in parts: %s', async (place) => {
    const asked = await dyingAt(`message:${place}`, () => world.say(`@scout ${place} LONG 25000`))
    await finalAnswers(asked)
    const said = (await world.messages()).filter(
      ({ seq, sender }) => seq > asked.seq && sender.id === scout.user.id,
    )
    const paragraphs = said.flatMap(({ content }) =>
      [...content.matchAll(/Paragraph (\d+)\./g)].map(([, n]) => Number(n)),
    )
    expect(paragraphs).toEqual(paragraphs.map((_, i) => i + 1))
    expect(paragraphs.length).toBeGreaterThan(50)
    expect(await world.turns(`${place} LONG`)).toHaveLength(1)
  })

  test('a failure that it had reported and a person asks again about: the message is answered', async () => {
    await world.bridge.kill()
    await world.startBridge()
    await until(async () => (await world.health())?.state.unfinished === 0, 'nothing to wait')
    await world.steer('/faults', { provider_down: true })
    await world.bridge.kill()
    await world.startBridge({ die: 'message:done:before' })
    const asked = await world.say('@scout ECHO asked again')
    await world.bridge.ended()
    await world.delivered(asked, scout, 'failed')
    await world.steer('/faults', { provider_down: false })
    const path = `/channels/${asked.channel_id}/messages/${asked.seq}/deliveries/${scout.user.id}/retry`
    expect((await world.admin.in('POST', path)).status).toBe(200)
    await world.startBridge()
    expect((await finalAnswers(asked)).map(({ content }) => content)).toEqual(['asked again'])
  })

  test('a failure that it had reported and nobody asks about: it stays failed', async () => {
    await until(async () => (await world.health())?.state.unfinished === 0, 'nothing to wait')
    await world.steer('/faults', { provider_down: true })
    const asked = await dyingAt('message:done:before', () => world.say('@scout ECHO not again'))
    await world.delivered(asked, scout, 'failed')
    await world.steer('/faults', { provider_down: false })
    await world.answer(await world.say('@scout ECHO afterwards'))
    await world.delivered(asked, scout, 'failed')
    expect(await world.answersTo(asked)).toEqual([])
  })

  test.each(around(STEPS))('a command: %s', async (place) => {
    const asked = await dyingAt(`command:${place}`, () => world.say('/status @scout'))
    const answers = await finalAnswers(asked)
    expect(answers.map(({ kind }) => kind)).toEqual(['command_output'])
  })

  test.each(around(STEPS))('a notice, by one turn: %s', async (place) => {
    await dyingAt(`notice:${place}`, () => world.assign(`ECHO notice ${place}`, [scout]))
    const said = async () => (await world.messages()).filter(({ content }) => content === `notice ${place}`)
    await until(async () => (await said()).length > 0, 'an answer to the notice')
    await world.answer(await world.say('@scout ECHO afterwards'))
    expect(await said()).toHaveLength(1)
    expect(await world.turns(`ECHO notice ${place}`)).toHaveLength(1)
  })

  test.each(['answered:after', ...around(['posted', 'done'])])(
    'what the agent says by itself: %s',
    async (place) => {
      await world.bridge.kill()
      await world.startBridge()
      await world.answer(await world.say('@scout ECHO before it speaks'))
      const [turn] = await world.turns('before it speaks')
      await dyingAt(`speech:${place}`, async () => {
        await world.answer(await world.say('@scout ECHO ready'))
        await world.steer('/announce', { session_key: turn?.session_key, text: `by myself: ${place}` })
      })
      const spoken = async () =>
        (await world.messages()).filter(({ content }) => content === `by myself: ${place}`)
      await until(async () => (await spoken()).length > 0, 'the speech')
      await world.answer(await world.say('@scout ECHO afterwards'))
      expect(await spoken()).toHaveLength(1)
    },
  )
})
