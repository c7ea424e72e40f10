/** Turns that fail. */
import { expect } from 'bun:test'
import type { Scenario } from '../world.ts'

export const FAILURES: Scenario[] = [
  [
    'a turn that its model refuses fails with a reason, and a person asks again',
    async (world) => {
      const { scout, admin, gateway } = world
      const channel = await world.channel()
      gateway.model.broken = true
      const asked = await world.say(channel, '@scout ECHO at the second try')
      const failed = await world.delivery(asked, scout, 'failed')
      expect(failed.detail).toMatch(/\w+/)
      expect(await world.saidAfter(asked)).toEqual([])
      gateway.model.broken = false
      const path = `/channels/${channel.id}/messages/${asked.seq}/deliveries/${scout.user.id}/retry`
      expect((await admin.in('POST', path)).status).toBe(200)
      expect((await world.answer(asked)).content).toBe('at the second try')
      await world.delivery(asked, scout, 'answered')
      expect(await world.answers(asked)).toEqual(['at the second try'])
    },
  ],
]
