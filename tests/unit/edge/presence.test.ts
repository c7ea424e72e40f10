import { expect, test } from 'bun:test'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import { Attendance } from '../../../src/edge/attendance.ts'
import { Presence } from '../../../src/edge/presence.ts'
import { EdgeWorld, framesOf, GENERAL, turns } from './world.ts'

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

test('C51 an agent with a stream is here until its last stream ends, also by a peer that takes nothing more', async () => {
  const world = new EdgeWorld({ ana: 'contributor', bot: 'contributor' })
  const ana = world.socket('ana')
  const [one, two] = [world.stream('bot'), world.stream('bot')]
  await turns()
  world.edge.sockets.announcePresence()
  one.sink.end('gone')
  world.edge.sockets.announcePresence()
  expect(presence(ana.texts)).toEqual([['ana', 'bot']])
  // No FIN: the write stalls, and the stream is ended by its own check.
  two.sink.end('slow')
  world.edge.sockets.announcePresence()
  expect(presence(ana.texts)).toEqual([['ana', 'bot'], ['ana']])
  expect(world.edge.attendance.isHere('bot')).toBe(false)
})

test('C51 a call makes an agent present for ninety seconds, each call anew', () => {
  const changes: string[] = []
  const attendance = new Attendance((user_id) => changes.push(user_id))
  attendance.called('bot', 0)
  attendance.called('other', 1_000)
  attendance.called('bot', 80_000)
  attendance.expire(91_000)
  expect([attendance.isHere('bot'), attendance.isHere('other')]).toEqual([true, true])
  attendance.expire(91_001)
  expect([attendance.isHere('bot'), attendance.isHere('other')]).toEqual([true, false])
  expect([attendance.leftAt('bot'), attendance.leftAt('other')]).toEqual([undefined, 1_000])
  attendance.expire(170_001)
  expect([attendance.isHere('bot'), attendance.leftAt('bot')]).toEqual([false, 80_000])
  expect(changes).toEqual(['bot', 'other', 'other', 'bot'])
})

test('C51 presence says which agents are here by calls alone, until they open a stream', async () => {
  const world = new EdgeWorld({ ana: 'contributor', bot: 'contributor' })
  const ana = world.socket('ana')
  await turns()
  world.edge.attendance.called('bot', 0)
  world.edge.sockets.announcePresence()
  world.stream('bot')
  await turns()
  world.edge.sockets.announcePresence()
  const said = framesOf(ana.texts).flatMap((frame) =>
    frame.type === 'presence' ? [[frame.user_ids, frame.calling_ids]] : [],
  )
  expect(said).toEqual([
    [['ana', 'bot'], ['bot']],
    [['ana', 'bot'], undefined],
  ])
})

test('C51 presence says what agents work on, from the start and as long as they are here', async () => {
  const work = [{ channel_id: GENERAL, agent_id: 'bot', seq: 3 }]
  const world = new EdgeWorld({ ana: 'contributor', bot: 'contributor' }, work)
  const ana = world.socket('ana')
  await turns()
  const announced = () => {
    world.edge.sockets.announcePresence()
    return framesOf(ana.texts).findLast((frame) => frame.type === 'presence')?.working
  }
  expect(announced()).toBeUndefined()
  world.edge.attendance.called('bot', 0)
  expect(announced()).toEqual([{ agent_id: 'bot', seq: 3 }])
  const report = (seq: number, state: DeliveryState) => {
    const frame = {
      type: 'delivery',
      channel_id: GENERAL,
      agent_id: 'bot',
      seq,
      state,
      detail: null,
    } as const
    world.edge.sockets.ephemeral(GENERAL, frame, {})
  }
  report(9, 'working')
  report(3, 'answered')
  expect(announced()).toEqual([{ agent_id: 'bot', seq: 9 }])
  report(9, 'failed')
  expect(announced()).toBeUndefined()
})

test('C51 the end of the last connection ends the stay at once, whatever was called before', () => {
  const attendance = new Attendance(() => undefined)
  attendance.called('bot', 0)
  attendance.opened('bot')
  attendance.called('bot', 10)
  attendance.closed('bot', 20)
  expect([attendance.isHere('bot'), attendance.leftAt('bot'), attendance.size]).toEqual([false, 20, 0])
})

test('C51 presence names only readers of the channel, and follows their access', async () => {
  const world = new EdgeWorld({ ana: 'administrator', bot: 'contributor' })
  const ana = world.socket('ana')
  world.addProject('p', ['bot'])
  world.publish()
  world.stream('bot')
  await turns()
  const of = (channel_id: string) =>
    framesOf(ana.texts).findLast((frame) => frame.type === 'presence' && frame.channel_id === channel_id)
      ?.user_ids
  world.edge.sockets.announcePresence()
  expect(of('channel of p')).toEqual(['ana', 'bot'])
  world.assign('p', [])
  world.publish()
  world.edge.sockets.announcePresence()
  expect([of('channel of p'), of(GENERAL)]).toEqual([['ana'], ['ana', 'bot']])
})
