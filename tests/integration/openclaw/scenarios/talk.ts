/** Messages and their answers. */
import { expect } from 'bun:test'
import { LIMITS } from '../../../../src/contracts/limits.ts'
import { gateName, type Scenario } from '../world.ts'

export const TALK: Scenario[] = [
  [
    'a message is answered in its channel; people see typing while the agent writes, and none after its answer',
    async (world) => {
      const { scout } = world
      const channel = await world.channel()
      const ws = await world.watch()
      const gate = gateName()
      const asked = await world.say(channel, `@scout HOLD ${gate} PIECES 200 ECHO one word after the other`)
      const isTyping = (frame: (typeof ws.frames)[number]) =>
        frame.type === 'typing' && frame.channel_id === channel.id && frame.user_id === scout.user.id
      await world.found('typing', () => ws.frames.find(isTyping))
      await world.delivery(asked, scout, 'working')
      world.open(gate)
      const answer = await world.answer(asked)
      expect(answer).toMatchObject({
        content: 'one word after the other',
        kind: 'text',
        sender: { id: scout.user.id },
        channel_id: channel.id,
      })
      await world.delivery(asked, scout, 'answered')
      const states = () =>
        ws
          .ofType('delivery')
          .flatMap(({ channel_id, seq, state }) =>
            channel_id === channel.id && seq === asked.seq ? [state] : [],
          )
      await world.found('the end of the delivery', () => states().find((state) => state === 'answered'))
      expect([...new Set(states())]).toEqual(['queued', 'delivered', 'working', 'answered'])
      const at = ws.frames.findIndex((frame) => frame.type === 'message' && frame.message.id === answer.id)
      expect(at).toBeGreaterThan(ws.frames.findIndex(isTyping))
      expect(ws.frames.slice(at).filter(isTyping)).toEqual([])
      ws.close()
    },
  ],
  [
    'two agents answer in two channels at the same time, each in its own',
    async (world) => {
      const { scout, brief } = world
      const [one, two] = [await world.channel(), await world.channel()]
      const [first, second] = [gateName(), gateName()]
      const to_scout = await world.say(one, `@scout HOLD ${first} ECHO said by scout`)
      const to_brief = await world.say(two, `@brief HOLD ${second} ECHO said by brief`)
      await world.called(first)
      await world.called(second)
      world.open(second)
      expect(await world.answer(to_brief)).toMatchObject({
        content: 'said by brief',
        sender: { id: brief.user.id },
      })
      world.open(first)
      expect(await world.answer(to_scout)).toMatchObject({
        content: 'said by scout',
        sender: { id: scout.user.id },
      })
      expect(await world.saidAfter(to_scout)).toHaveLength(1)
      expect(await world.saidAfter(to_brief)).toHaveLength(1)
    },
  ],
  [
    'two agents answer one message, and further messages wait for their turn',
    async (world) => {
      const channel = await world.channel()
      const gate = gateName()
      const both = await world.say(channel, `@scout @brief HOLD ${gate} ECHO both of us`)
      const next = await world.say(channel, '@scout ECHO the next one')
      await world.found('both turns', () => world.calls(gate)[1])
      expect(world.calls('the next one')).toEqual([])
      world.open(gate)
      await world.answer(next)
      await world.found('both answers', async () => {
        const said = await world.saidAfter(both)
        return said.filter(({ content }) => content === 'both of us').length === 2 || undefined
      })
      const by_scout = (await world.saidAfter(both)).filter(({ sender }) => sender.id === world.scout.user.id)
      expect(by_scout.map(({ content }) => content)).toEqual(['both of us', 'the next one'])
    },
  ],
  [
    'a long answer comes in several messages, in order and whole',
    async (world) => {
      const channel = await world.channel()
      const asked = await world.say(channel, '@scout LONG 25000')
      await world.delivery(asked, world.scout, 'answered')
      const parts = await world.saidAfter(asked)
      expect(parts.length).toBeGreaterThan(2)
      for (const { content } of parts) expect(content.length).toBeLessThanOrEqual(LIMITS.message_content_max)
      const numbers = parts.flatMap(({ content }) =>
        [...content.matchAll(/Paragraph (\d+)\./g)].map(([, number]) => Number(number)),
      )
      expect(numbers.length).toBeGreaterThan(50)
      expect(numbers).toEqual(numbers.map((_, i) => i + 1))
      expect(parts.map(({ reply_to }) => reply_to === asked.id)).toEqual(parts.map((_, i) => i === 0))
    },
  ],
  [
    'an agent that says nothing posts nothing, and its delivery says so',
    async (world) => {
      const channel = await world.channel()
      const asked = await world.say(channel, '@scout SILENT')
      // The gateway asks its model once more, and then takes the silence for a failure.
      const { detail } = await world.delivery(asked, world.scout, 'failed')
      expect(detail).toContain("couldn't generate a response")
      expect(await world.answers(asked)).toEqual([])
    },
  ],
]
