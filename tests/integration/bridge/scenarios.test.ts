import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Agent } from '../../support/client.ts'
import { World } from './world.ts'

let world: World
let scout: Agent

beforeAll(async () => {
  world = await World.open()
  scout = await world.agent('scout')
  await world.startGateway()
  await world.startBridge()
})
afterAll(() => world.close())

test('a message that mentions the agent is answered, and says how far it is', async () => {
  const asked = await world.say('@scout ECHO hello there')
  const answer = await world.answer(asked)
  expect(answer).toMatchObject({ content: 'hello there', sender: { id: scout.user.id } })
  await world.delivered(asked, scout, 'answered')
})
