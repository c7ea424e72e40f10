import { expect, test } from 'bun:test'
import { Presence } from '../../../src/edge/presence.ts'
import { EdgeWorld, framesOf, turns } from './world.ts'

const presence = (texts: readonly string[]) =>
  framesOf(texts).flatMap(({ type, user_ids }) => (type === 'presence' ? [user_ids] : []))

test('C11 presence is one set of users per channel, announced when it changes only', async () => {
  const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
  const ana = world.socket('ana')
  const bo = world.socket('bo')
  world.edge.sockets.announcePresence()
  const again = world.socket('bo')
  world.edge.sockets.announcePresence()
  await turns()
  expect(presence(ana.texts)).toEqual([['ana', 'bo']])
  // A second connection of a user changes nothing and still gets the presence.
  expect(presence(again.texts)).toEqual([['ana', 'bo']])
  world.edge.removeSocket(bo.sink)
  world.edge.sockets.announcePresence()
  expect(presence(ana.texts)).toEqual([['ana', 'bo']])
  world.edge.removeSocket(again.sink)
  world.edge.sockets.announcePresence()
  expect(presence(ana.texts)).toEqual([['ana', 'bo'], ['ana']])
})

test('C11 a crowd costs no more than its budget a second; every channel is announced in the end', () => {
  const users = Array.from(
    { length: 2_000 },
    (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  )
  const announcer = new Presence(() => ({ user_ids: users, size: users.length }))
  const announced = new Map<string, number>()
  for (let i = 0; i < 5; i++) announcer.joined(`c${i}`, 'x')
  let calls = 0
  while (announced.size < 5) {
    announcer.announce((channel_id) => announced.set(channel_id, ++calls))
    expect(calls).toBeLessThanOrEqual(announced.size)
    if (calls === 1) expect(announced.size).toBe(1)
    calls = announced.size
  }
  expect([...announced.keys()]).toEqual(['c0', 'c1', 'c2', 'c3', 'c4'])
})
