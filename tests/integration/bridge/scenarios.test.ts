import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Agent, Channel } from '../../support/client.ts'
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

test('a channel that is made while the bridge runs is heard from its first message on', async () => {
  const { body: channel } = await world.admin.in<Channel>('POST', '/channels', { name: 'later' })
  const asked = await world.say('@scout ECHO here too', { channel_id: channel.id })
  expect(await world.answer(asked)).toMatchObject({ content: 'here too', channel_id: channel.id })
})
