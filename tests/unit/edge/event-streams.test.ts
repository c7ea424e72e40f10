import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/contracts/errors.ts'
import { EdgeWorld, turns } from './world.ts'

const sequences = (text: string) => [...text.matchAll(/"sequence":(\d+)/g)].map((match) => Number(match[1]))
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i)

test('E13 a stream gets every event once and in order, however commits, publications and its reads interleave', async () => {
  const step = fc.constantFrom<'say' | 'publish' | 'lose' | 'open' | 'turn'>(
    'say',
    'publish',
    'lose',
    'open',
    'turn',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(fc.nat(3)), async (steps, pauses) => {
      const world = new EdgeWorld()
      let read = 0
      world.beforeRead = () => turns(pauses[read++ % Math.max(1, pauses.length)] ?? 0)
      const streams: { from: number; text(): string }[] = []
      for (const [i, what] of steps.entries()) {
        if (what === 'say') world.say()
        else if (what === 'publish') world.publish(1 + (i % 3))
        else if (what === 'lose') world.losePublication(1)
        else if (what === 'turn') await turns(1 + (i % 20))
        else {
          const from = i % (world.committed + 1)
          streams.push({ from, ...world.stream('ana', from) })
        }
      }
      world.publish()
      await world.edge.refresh()
      await turns(200)
      for (const { from, text } of streams)
        expect([from, sequences(text())]).toEqual([from, upTo(world.committed, from + 1)])
    }),
    { numRuns: 300 },
  )
})

test('E14 notifications of a replay are read only for users whom its events notified', async () => {
  const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
  for (let i = 0; i < 3; i++) world.say(undefined, i === 1 ? ['bo'] : [])
  world.publish()
  const [ana, bo] = [world.stream('ana', 0), world.stream('bo', 0)]
  await turns(100)
  expect([sequences(ana.text()), sequences(bo.text())]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect(bo.text()).toContain('notification.created')
  expect(world.reads).toMatchObject({ events: 1, notifications: 1 })
})

test('E15 a stream that starts while the database is away waits for it', async () => {
  const world = new EdgeWorld()
  for (let i = 0; i < 3; i++) world.say()
  world.publish()
  let away = true
  world.beforeRead = () => {
    if (away) throw new ApiError('UNAVAILABLE', 'away')
  }
  const behind = world.stream('ana', 1)
  const beyond = world.stream('ana', 9)
  await turns()
  expect([behind.text(), beyond.text()]).toEqual(['', ''])
  away = false
  while (!behind.sink.live || !beyond.sink.live) await Bun.sleep(5)
  expect(sequences(behind.text())).toEqual([2, 3])
  expect(beyond.text()).toContain('"reason":"beyond_head","head":3')
  expect(world.failures).toEqual([])
})

test('E16 a thousand streams that come back with about the same cursor cost one read of events', async () => {
  const world = new EdgeWorld()
  for (let i = 0; i < 50; i++) world.say()
  world.publish()
  const streams = Array.from({ length: 1_000 }, (_, i) => world.stream('ana', 20 + (i % 20)))
  await turns(300)
  for (const [i, { text }] of streams.entries()) expect(sequences(text())).toEqual(upTo(50, 21 + (i % 20)))
  expect(world.reads.events).toBe(1)
})

test('T7 a stream learns what its user has read, after its replay when it is replaying; more than 500 in several frames', async () => {
  const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
  for (let i = 0; i < 3; i++) world.say()
  world.publish()
  const [replaying, other] = [world.stream('ana', 0), world.stream('bo', 3)]
  const read = (count: number) =>
    world.edge.streams.notificationsRead({
      user_id: 'ana',
      notification_ids: Array.from({ length: count }, (_, i) => `n${i}`),
      read_at: '2026-11-19T12:00:00.000Z',
    })
  read(1)
  expect(replaying.sink.live).toBe(false)
  await turns(100)
  read(501)
  await turns(10)
  const frames = replaying.text().split('\n\n')
  const lengths = frames
    .filter((frame) => frame.includes('notification.read'))
    .map((frame) => JSON.parse(frame.slice('data: '.length)).payload.notification_ids.length)
  expect(lengths).toEqual([1, 500, 1])
  expect(frames.findIndex((frame) => frame.includes('notification.read'))).toBeGreaterThan(
    frames.findLastIndex((frame) => frame.includes('"sequence":3')),
  )
  expect(other.text()).not.toContain('notification.read')
})
