import { describe, expect, test } from 'bun:test'
import { ApiError } from '../../../src/contracts/errors.ts'
import { EdgeWorld, seqsOf, turns } from './world.ts'

const sequences = (text: string) => [...text.matchAll(/"sequence":(\d+)/g)].map((match) => Number(match[1]))

describe('E. a hole in the publication', () => {
  test('E10 is filled from the database, in order, with one read of notifications for all users', async () => {
    const users = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`u${i}`, 'contributor' as const]))
    const world = new EdgeWorld(users)
    const streams = Object.keys(users).map((user) => world.stream(user))
    await turns()
    for (let i = 0; i < 5; i++) world.say(undefined, ['u3'])
    world.losePublication(4)
    world.publish()
    await turns(100)
    for (const { text } of streams) expect(sequences(text())).toEqual([1, 2, 3, 4, 5])
    expect(streams[3]?.text().match(/notification.created/g)).toHaveLength(5)
    expect([world.reads.events, world.reads.notifications]).toEqual([1, 1])
  })

  test('E11 is asked for again after a growing pause while the database is away, and streams stay open', async () => {
    const world = new EdgeWorld()
    const { text, sink } = world.stream('ana')
    await turns()
    let away = true
    world.beforeRead = () => {
      if (away) throw new ApiError('UNAVAILABLE', 'away')
    }
    world.say()
    world.say()
    world.losePublication(1)
    world.publish()
    // More than may wait arrives meanwhile: it is read from the database afterwards.
    for (let i = 0; i < 1_500; i++) {
      world.say()
      world.publish()
    }
    await turns(1_000)
    expect(world.reads.events).toBe(1)
    away = false
    while (world.edge.head() < world.committed) await Bun.sleep(5)
    expect([sequences(text()).length, sink.ended, world.failures, world.gave_up]).toEqual([
      1_502,
      false,
      [],
      0,
    ])
  })

  test('E12 that cannot be filled ends the edge after a few tries, and nothing is delivered after it', async () => {
    const world = new EdgeWorld()
    const { texts } = world.socket('ana')
    world.say()
    world.say()
    world.losePublication(1)
    world.beforeRead = () => {
      throw new Error('broken')
    }
    world.publish()
    while (world.gave_up === 0) await Bun.sleep(10)
    world.say()
    world.publish()
    expect([world.reads.events, world.gave_up, seqsOf(texts)]).toEqual([5, 1, []])
  })
})
