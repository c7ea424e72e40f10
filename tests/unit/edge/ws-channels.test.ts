import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ApiError } from '../../../src/contracts/errors.ts'
import type { EventContent } from '../../../src/contracts/event-payloads.ts'
import { User } from '../../../src/contracts/resources.ts'
import { sampleOf } from '../../support/samples.ts'
import { EdgeWorld, framesOf, GENERAL, seqsOf, turns } from './world.ts'

function promotion(user: User): EventContent {
  const promoted: User = { ...user, role: 'administrator' }
  const payload = { user: promoted, from_role: 'contributor', to_role: 'administrator' } as const
  return { type: 'user.role_changed', payload }
}

const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i)

describe('C. a socket that resumes', () => {
  test('C24 gets a message that is committed and not published yet by its publication alone', async () => {
    const world = new EdgeWorld()
    for (let i = 0; i < 5; i++) world.say()
    world.publish()
    for (let i = 0; i < 3; i++) world.say()
    const { texts } = world.socket('ana', { [GENERAL]: 2 })
    await turns()
    expect(seqsOf(texts)).toEqual([3, 4, 5])
    world.publish()
    expect(seqsOf(texts)).toEqual([3, 4, 5, 6, 7, 8])
  })

  test('C24 gets every message once and in order, however commits, publications and its reads interleave', async () => {
    const step = fc.constantFrom<'say' | 'publish' | 'lose' | 'resume' | 'turn'>(
      'say',
      'say',
      'publish',
      'lose',
      'resume',
      'turn',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.array(fc.nat(3)), async (steps, pauses) => {
        const world = new EdgeWorld()
        let read = 0
        world.beforeRead = () => turns(pauses[read++ % Math.max(1, pauses.length)] ?? 0)
        const sockets: { from: number; texts: readonly string[] }[] = []
        for (const [i, what] of steps.entries()) {
          if (what === 'say') world.say()
          else if (what === 'publish') world.publish(1 + (i % 3))
          else if (what === 'lose') world.losePublication(1)
          else if (what === 'turn') await turns(1 + (i % 20))
          else {
            const from = i % (world.lastSeq(GENERAL) + 1)
            sockets.push({ from, ...world.socket('ana', { [GENERAL]: from }) })
          }
        }
        world.publish()
        await world.edge.refresh()
        await turns(200)
        for (const { from, texts } of sockets)
          expect([from, seqsOf(texts)]).toEqual([from, upTo(world.lastSeq(GENERAL), from + 1)])
      }),
      { numRuns: 300 },
    )
  })

  test('C25 a cursor beyond the tail waits for messages of another node, without a resync', async () => {
    const world = new EdgeWorld()
    for (let i = 0; i < 4; i++) world.say()
    world.publish(2)
    const ahead = world.socket('ana', { [GENERAL]: 3 })
    const beyond = world.socket('ana', { [GENERAL]: 9 })
    await turns()
    expect(framesOf(ahead.texts).map(({ type }) => type)).toEqual(['ready', 'message'])
    expect(seqsOf(ahead.texts)).toEqual([4])
    expect(framesOf(beyond.texts)).toMatchObject([{ type: 'ready' }, { type: 'resync', last_seq: 4 }])
    expect(world.reads.head).toBe(1)
  })

  test('C26 a thousand that miss the same messages cost one read', async () => {
    const world = new EdgeWorld()
    for (let i = 0; i < 50; i++) world.say()
    world.publish()
    const sockets = Array.from({ length: 1_000 }, (_, i) => world.socket('ana', { [GENERAL]: 20 + (i % 20) }))
    await turns(300)
    for (const [i, { texts }] of sockets.entries()) expect(seqsOf(texts)).toEqual(upTo(50, 21 + (i % 20)))
    expect(world.reads.messages).toBe(1)
  })

  test('C27 waits while the database is away, and goes on without a gap or a repeat', async () => {
    const world = new EdgeWorld()
    for (let i = 0; i < 3; i++) world.say()
    world.publish()
    let away = 2
    world.beforeRead = () => {
      if (away-- > 0) throw new ApiError('UNAVAILABLE', 'away')
    }
    const { texts } = world.socket('ana', { [GENERAL]: 1 })
    world.say()
    world.publish()
    while (seqsOf(texts).length < 3) await Bun.sleep(5)
    expect([seqsOf(texts), world.failures]).toEqual([[2, 3, 4], []])
  })
})

describe('C. access that changes', () => {
  test('C28 a channel is announced with the counts of the seq from which it follows, then its messages', async () => {
    const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
    world.addProject('p', [])
    for (let i = 0; i < 3; i++) world.say('channel of p')
    world.publish()
    const { texts } = world.socket('ana')
    // Committed while the marker is read, and published only later.
    world.beforeRead = () => {
      world.say('channel of p')
      world.beforeRead = () => undefined
    }
    world.assign('p', ['ana'])
    world.publish()
    await turns()
    world.publish()
    await turns()
    expect(framesOf(texts).slice(1)).toMatchObject([
      { type: 'channel_added', channel: { last_seq: 3, read_seq: 0, unread_count: 3 } },
      { type: 'message', message: { seq: 4 } },
    ])
  })

  test('C29 frames of a channel come after its announcement and before its removal only', async () => {
    const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
    world.addProject('p', ['bo'])
    world.say('channel of p')
    world.publish()
    const ana = world.socket('ana')
    world.assign('p', ['ana', 'bo'])
    world.publish()
    const typing = { type: 'typing', channel_id: 'channel of p', user_id: 'bo' } as const
    world.edge.ephemeral('channel of p', typing, {})
    world.edge.sockets.announcePresence()
    await turns()
    world.edge.ephemeral('channel of p', typing, {})
    world.assign('p', ['bo'])
    world.publish()
    world.edge.ephemeral('channel of p', typing, {})
    const types = framesOf(ana.texts).flatMap(({ type, channel_id }) =>
      channel_id === GENERAL ? [] : [type],
    )
    expect(types).toEqual(['ready', 'channel_added', 'typing', 'channel_removed'])
  })

  test('C30 of one user costs nothing for the sockets of the others', async () => {
    const world = new EdgeWorld({ ana: 'contributor', bo: 'contributor' })
    for (let i = 0; i < 50; i++) world.addProject(`p${i}`, [])
    world.publish()
    const others = Array.from({ length: 20 }, () => world.socket('bo'))
    world.socket('ana')
    let asked = 0
    const { permissions } = world.edge
    const mayReadChannel = permissions.mayReadChannel.bind(permissions)
    permissions.mayReadChannel = (principal, channel_id) => {
      asked++
      return mayReadChannel(principal, channel_id)
    }
    const user = { ...sampleOf(User), id: 'ana', role: 'contributor' as const }
    world.commit({ type: 'user.updated', payload: { user: { ...user, display_name: 'Ana Lima' } } })
    world.publish()
    // The channels of one socket: the one that it has, and those that it might get.
    expect(asked).toBeLessThanOrEqual(52)
    world.commit(promotion(user))
    world.publish()
    await turns()
    for (const { texts } of others) expect(framesOf(texts).map(({ type }) => type)).toEqual(['ready'])
  })

  test('C30 a role that opens every channel announces them all', async () => {
    const world = new EdgeWorld({ ana: 'contributor' })
    for (let i = 0; i < 50; i++) world.addProject(`p${i}`, [])
    world.publish()
    const { texts } = world.socket('ana')
    world.commit(promotion({ ...sampleOf(User), id: 'ana' }))
    world.publish()
    await turns()
    expect(framesOf(texts).filter(({ type }) => type === 'channel_added')).toHaveLength(50)
  })
})
