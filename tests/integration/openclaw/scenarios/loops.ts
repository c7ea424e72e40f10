/** Agents that talk to each other. */
import { expect } from 'bun:test'
import type { Scenario } from '../world.ts'

const BRAKE = 4
const ROUNDS = 7

/** A message from this round on: its answer is the message of the next round, which mentions the other agent. */
function fromRound(first: number): string {
  let text = 'the last word'
  for (let round = ROUNDS - 1; round >= first; round--)
    text = `${round % 2 === 0 ? '@scout' : '@brief'} round ${round} ECHO ${text}`
  return text
}

export const LOOPS: Scenario[] = [
  [
    'agents that mention each other are stopped by the loop brake, and go on after a person without a loss',
    async (world) => {
      const { scout, brief, admin } = world
      const limits = (messages: number) =>
        admin.in('PATCH', '', { settings: { agent_limits: { loop_brake: { messages, minutes: 60 } } } })
      expect((await limits(BRAKE)).status).toBe(200)
      const channel = await world.channel()
      const asked = await world.say(channel, fromRound(0), { leave_out: [brief.user.id] })
      // The answer after the last one that the brake let through waits.
      const stopped = await world.found('the brake', async () => (await world.saidAfter(asked))[BRAKE - 1])
      const waiting = BRAKE % 2 === 0 ? scout : brief
      await world.delivery(stopped, waiting, 'working', /^Waits: agents answered each other for too long/)
      expect(await world.saidAfter(asked)).toHaveLength(BRAKE)
      await world.say(channel, 'Go on, both of you.')
      const said = await world.found('the last word', async () => {
        const all = await world.saidAfter(asked)
        return all.at(-1)?.content === 'the last word' ? all : undefined
      })
      expect(said.map(({ content }) => content)).toEqual(
        Array.from({ length: ROUNDS }, (_, i) => fromRound(i + 1)),
      )
      await limits(20)
    },
  ],
]
