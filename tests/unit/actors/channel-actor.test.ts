import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ChannelActor } from '../../../src/actors/channel/channel-actor.ts'
import { PAUSE_MS } from '../../../src/actors/channel/loop-brake.ts'
import { RecentPosts } from '../../../src/actors/channel/recent-posts.ts'
import type { Ephemeral } from '../../../src/actors/channel/requests.ts'
import { TYPING_MAX } from '../../../src/actors/channel/typing.ts'
import { UNSAVED_READS_MAX } from '../../../src/actors/channel/unsaved-reads.ts'
import type { Address } from '../../../src/actors/runtime/actor.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import type { ChannelRequest, CommandCall, PostReply, ReplyTo } from '../../../src/contracts/calls.ts'
import type { Posted } from '../../../src/contracts/commands.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import type { AuthenticatedPrincipal, Principal } from '../../../src/contracts/principal.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import { Fenced } from '../../../src/domain/ownership.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { MemoryReadMarkers } from '../../support/memory-read-markers.ts'

const ADDRESS: Address = { kind: 'channel', org_id: 'org', id: 'channel' }
const IDLE_MS = 60_000

const person = (id: string): AuthenticatedPrincipal => ({
  kind: 'human',
  id,
  display_name: id,
  org_id: 'org',
  role: 'contributor',
})
const agent = (id: string): AuthenticatedPrincipal => ({
  kind: 'agent',
  id,
  display_name: id,
  org_id: 'org',
  role: 'contributor',
})

function message(seq: number, content: string, principal: Principal): Message {
  return {
    id: `m${seq}`,
    channel_id: 'channel',
    seq,
    kind: 'text',
    sender: { id: principal.id, type: principal.kind, display_name: principal.display_name },
    content,
    mentions: [],
    ignored_mentions: [],
    reply_to: null,
    client_id: null,
    deliveries: [],
    created_at: '2026-01-01T00:00:00.000Z',
  }
}

class World {
  readonly clock = new FakeClock()
  readonly calls: CommandCall[] = []
  readonly frames: Ephemeral[] = []
  readonly markers = new MemoryReadMarkers(ADDRESS.id, () => this.#seq)
  readonly saved = this.markers.saved
  readonly failures: string[] = []
  gate: Promise<void> = Promise.resolve()
  fail_next: Error | undefined
  fail_reads = false
  own_org = async (): Promise<void> => undefined
  brake = { messages: 0, minutes: 10 }
  paused_until = 0
  #seq = 0
  #ids = 0
  readonly host = new Host(this.clock, (stage) => void this.failures.push(stage))

  constructor() {
    this.host.register<ChannelRequest, unknown>('channel', {
      create: (context) =>
        new ChannelActor(context, {
          ownOrg: () => this.own_org(),
          pauseLoop: (_org_id, call) => this.#pauseLoop(call),
          resumeLoop: (_org_id, call) => this.#resumeLoop(call),
          post: (_org_id, call) => this.#store(call),
          ephemeral: (frame) => void this.frames.push(frame),
          markRead: async (...marker) => {
            if (this.fail_reads) throw new Error('away')
            return await this.markers.markRead(...marker)
          },
          markUnread: (...marker) => this.markers.markUnread(...marker),
          loadBrake: async () => ({ run: [], paused_until: this.paused_until }),
          brakeSettings: async () => this.brake,
          newId: () => `id${++this.#ids}`,
        }),
      idle_ms: IDLE_MS,
      mailbox_max: 1_000,
    })
  }

  async #pauseLoop(call: CommandCall<'channel.pause_loop'>): Promise<ReplyTo<'channel.pause_loop'>> {
    await this.#commit(call)
    return { result: { until: call.input.until }, replayed: false }
  }

  async #resumeLoop(call: CommandCall<'channel.resume_loop'>): Promise<ReplyTo<'channel.resume_loop'>> {
    await this.#commit(call)
    return { result: null, replayed: false }
  }

  async #store(call: CommandCall<'message.post'>): Promise<PostReply> {
    await this.#commit(call)
    const { content, refusal } = call.input
    if (refusal) throw new ApiError(refusal.code, 'refused')
    return {
      result: { message: message(++this.#seq, content, call.principal), repeated: false },
      replayed: false,
    }
  }

  async #commit(call: CommandCall): Promise<void> {
    this.calls.push(call)
    await this.gate
    const failure = this.fail_next
    this.fail_next = undefined
    if (failure) throw failure
  }

  ask(request: ChannelRequest): Promise<unknown> {
    return this.host.call(ADDRESS, request)
  }

  async post(content: string, principal = person('ada'), client_id?: string): Promise<Posted> {
    const reply = await this.host.call<PostReply>(ADDRESS, {
      type: 'post',
      command_id: `c${++this.#ids}`,
      principal,
      posting: {
        channel_id: 'channel',
        content,
        content_hash: `hash of ${content}`,
        ...(client_id === undefined ? {} : { client_id }),
      },
    } satisfies ChannelRequest)
    return reply.result
  }

  get commands(): string[] {
    return this.calls.map(({ command }) => command)
  }
}

describe('channel actor: messages', () => {
  test('R28 a channel becomes active where its org is owned; otherwise its callers hear why', async () => {
    const world = new World()
    const fenced = new Fenced('Another node owns the organization')
    world.own_org = () => Promise.reject(fenced)
    const read = { type: 'read', user_id: 'ada', seq: 1, now: true } as const
    await assert.rejects(world.host.call(ADDRESS, read), fenced)
    let owned = 0
    world.own_org = async () => void owned++
    await world.host.call(ADDRESS, read)
    await world.host.call(ADDRESS, read)
    assert.equal(owned, 1)
  })

  test('C6 posts by a command of the org, and the next does not wait for the commit', async () => {
    const world = new World()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const posts = ['one', 'two', 'three'].map((content) => world.post(content))
    for (let i = 0; i < 5; i++) await settle()
    assert.equal(world.calls.length, 3)
    gate.resolve()
    assert.deepEqual(
      (await Promise.all(posts)).map((posted) => [posted.message.seq, posted.message.content]),
      [
        [1, 'one'],
        [2, 'two'],
        [3, 'three'],
      ],
    )
  })

  test('C7 a repeated client_id answers the same message without a command, even before the first is stored', async () => {
    const world = new World()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const posts = [world.post('hello', person('ada'), 'x'), world.post('hello', person('ada'), 'x')]
    for (let i = 0; i < 5; i++) await settle()
    gate.resolve()
    const [first, second] = await Promise.all(posts)
    assert.deepEqual([first?.repeated, second?.repeated], [false, true])
    assert.equal(second?.message.id, first?.message.id)
    assert.equal((await world.post('hello', person('ada'), 'x')).repeated, true)
    assert.equal(world.calls.length, 1)
  })

  test('C8 the same client_id with other words is a conflict, and of another sender another message', async () => {
    const world = new World()
    await world.post('hello', person('ada'), 'x')
    await assert.rejects(
      world.post('goodbye', person('ada'), 'x'),
      (error) => error instanceof ApiError && error.errorCode === 'IDEMPOTENCY_CONFLICT',
    )
    assert.equal((await world.post('hello', person('bo'), 'x')).repeated, false)
  })

  test('C9 a post that failed is not remembered: trying again posts', async () => {
    const world = new World()
    world.fail_next = new ApiError('UNAVAILABLE', 'away')
    await assert.rejects(world.post('hello', person('ada'), 'x'))
    const again = await world.post('hello', person('ada'), 'x')
    assert.equal(again.repeated, false)
  })
})

describe('channel actor: what is not stored', () => {
  const types = (world: World) => world.frames.map(({ frame }) => frame.type)

  test('C10 typing ends by itself when it is not renewed', async () => {
    const world = new World()
    await world.ask({ type: 'typing', user_id: 'ada' })
    await world.clock.advance(2_000)
    await world.ask({ type: 'typing', user_id: 'ada' })
    await world.clock.advance(2_999)
    assert.deepEqual(types(world), ['typing', 'typing'])
    await world.clock.advance(1)
    assert.deepEqual(types(world), ['typing', 'typing', 'typing_stopped'])
    assert.deepEqual(
      world.frames.map(({ except_user_id }) => except_user_id),
      ['ada', 'ada', 'ada'],
    )
  })

  test('C37 continued typing is announced at most once a second', async () => {
    const world = new World()
    for (let i = 0; i < 100; i++) await world.ask({ type: 'typing', user_id: 'ada' })
    assert.deepEqual(types(world), ['typing'])
    await world.clock.advance(999)
    await world.ask({ type: 'typing', user_id: 'ada' })
    assert.deepEqual(types(world), ['typing'])
    await world.clock.advance(1)
    await world.ask({ type: 'typing', user_id: 'ada' })
    assert.deepEqual(types(world), ['typing', 'typing'])
    await world.clock.advance(3_000)
    await world.ask({ type: 'typing', user_id: 'ada' })
    assert.deepEqual(types(world), ['typing', 'typing', 'typing_stopped', 'typing'])
  })

  test('C12 read markers of one second are saved together, the furthest of each user', async () => {
    const world = new World()
    for (const seq of [3, 9, 5]) await world.ask({ type: 'read', user_id: 'ada', seq, now: false })
    await world.ask({ type: 'read', user_id: 'bo', seq: 2, now: false })
    assert.deepEqual(world.saved, [])
    await world.clock.advance(1_000)
    assert.deepEqual(world.saved, [
      ['ada', 9],
      ['bo', 2],
    ])
    assert.deepEqual(
      world.frames.map(({ frame, only_user_id }) => [frame.type, only_user_id]),
      [
        ['read', 'ada'],
        ['read', 'bo'],
      ],
    )
  })

  test('C13 a marker that must be stored at once is answered after it is stored', async () => {
    const world = new World()
    assert.deepEqual(await world.ask({ type: 'read', user_id: 'ada', seq: 4, now: true }), {
      read_seq: 0,
      unread_count: 0,
      mention_count: 0,
    })
  })

  test('C67 a marker is moved back after those that its user set before, and late ones of before are void', async () => {
    const world = new World()
    for (let seq = 1; seq <= 9; seq++) await world.post(`${seq}`)
    for (const user_id of ['ada', 'bo'])
      await world.ask({ type: 'read', user_id, seq: 9, rewinds: 0, now: false })
    const unread = world.ask({ type: 'unread', user_id: 'ada', seq: 4 })
    const late = world.ask({ type: 'read', user_id: 'ada', seq: 8, rewinds: 0, now: false })
    assert.deepEqual(await unread, { read_seq: 3, unread_count: 6, mention_count: 0, rewinds: 1 })
    await late
    assert.deepEqual(world.saved, [
      ['ada', 9],
      ['ada', -4],
    ])
    await world.clock.advance(1_000)
    const told = world.frames.flatMap(({ frame, only_user_id }) =>
      frame.type === 'read' && only_user_id === 'ada' ? [[frame.seq, frame.rewinds]] : [],
    )
    assert.deepEqual(told, [
      [9, undefined],
      [3, 1],
      [3, 1],
    ])
  })

  test('C14 unsaved markers are saved before the actor ends', async () => {
    const world = new World()
    await world.ask({ type: 'read', user_id: 'ada', seq: 4, now: false })
    await world.host.stopAll()
    assert.deepEqual(world.saved, [['ada', 4]])
  })

  test('C15 a marker that cannot be saved is reported and does not affect the others', async () => {
    const world = new World()
    world.fail_reads = true
    await world.ask({ type: 'read', user_id: 'ada', seq: 4, now: false })
    await world.clock.advance(1_000)
    assert.deepEqual(world.failures, ['save a read marker'])
    world.fail_reads = false
    await world.ask({ type: 'read', user_id: 'bo', seq: 5, now: false })
    await world.clock.advance(1_000)
    assert.deepEqual(world.saved, [['bo', 5]])
  })
})

describe('channel actor: bounds', () => {
  test('C38 users over the limit type unannounced until others stop', async () => {
    const world = new World()
    for (let i = 0; i < TYPING_MAX + 5; i++) await world.ask({ type: 'typing', user_id: `user ${i}` })
    assert.equal(world.frames.length, TYPING_MAX)
    await world.clock.advance(3_000)
    assert.equal(world.frames.length, 2 * TYPING_MAX)
    await world.ask({ type: 'typing', user_id: `user ${TYPING_MAX}` })
    assert.equal(world.frames.at(-1)?.frame.type, 'typing')
  })

  test('C39 the 1,000th unsaved read marker saves all of them at once', async () => {
    const world = new World()
    for (let i = 0; i < UNSAVED_READS_MAX; i++)
      await world.ask({ type: 'read', user_id: `user ${i}`, seq: 1, now: false })
    assert.equal(world.saved.length, UNSAVED_READS_MAX)
  })

  test('C40 replies are remembered by client_id for at least the last 256 messages and at most twice as many', () => {
    const recent = new RecentPosts()
    const reply = Promise.resolve<PostReply>({
      result: { message: message(1, 'kept', person('ada')), repeated: false },
      replayed: false,
    })
    for (let i = 0; i < 10_000; i++) {
      recent.remember(`${i}`, 'hash', reply)
      assert.ok(recent.size <= 512)
    }
    assert.ok(recent.replay('9744', 'hash'))
    assert.equal(recent.replay('9000', 'hash'), undefined)
  })
})

describe('channel actor: agents that answer each other', () => {
  const loop = async (world: World, messages: number) => {
    for (let i = 0; i < messages; i++) await world.post(`${i}`, agent(i % 2 === 0 ? 'forge' : 'scout'))
  }
  const isLoop = (error: unknown) => error instanceof ApiError && error.errorCode === 'AGENT_LOOP'

  test('C16 are paused after the number of messages that the org allows, and the channel says so once', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    await assert.rejects(world.post('again', agent('scout')), isLoop)
    assert.equal(world.commands.filter((command) => command === 'channel.pause_loop').length, 1)
  })

  test('C17 go on when a person writes', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    await world.post('go on, both of you', person('ada'))
    await settle()
    await world.post('thank you', agent('forge'))
    assert.equal(world.commands.filter((command) => command === 'channel.resume_loop').length, 1)
  })

  const lift = { type: 'lift_pause', command_id: 'lift', principal: person('ada') } as const

  test('C75 go on when an administrator lets them', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    await world.ask(lift)
    await world.post('thank you', agent('forge'))
    const [resumed] = world.calls.slice(-2)
    assert.deepEqual(
      [resumed?.command, resumed?.input, resumed?.principal.id],
      ['channel.resume_loop', { channel_id: 'channel', reason: 'administrator' }, 'ada'],
    )
  })

  test('C75 stay paused when the end of the pause is refused or could not be stored', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    world.fail_next = new ApiError('FORBIDDEN', 'no administrator')
    await assert.rejects(world.ask(lift))
    await assert.rejects(world.post('again', agent('forge')), isLoop)
    await world.ask(lift)
    await world.post('now', agent('forge'))
  })

  test('C23 go on when an administrator turns the brake off', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    world.brake = { messages: 0, minutes: 10 }
    await world.post('go on', agent('forge'))
    assert.deepEqual(world.commands.slice(-2), ['channel.resume_loop', 'message.post'])
  })

  test('C18 go on when the pause is over, also one that was on before a restart', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    world.paused_until = world.clock.now() + PAUSE_MS
    await assert.rejects(world.post('still paused', agent('forge')), isLoop)
    await world.clock.advance(PAUSE_MS)
    await world.post('now', agent('forge'))
    assert.deepEqual(world.commands.slice(1), ['channel.resume_loop', 'message.post'])
  })

  test('C19 one agent alone, and people, are never paused', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    for (let i = 0; i < 20; i++) await world.post(`${i}`, agent('forge'))
    for (let i = 0; i < 20; i++) await world.post(`${i}`, person(i % 2 === 0 ? 'ada' : 'bo'))
    assert.equal(world.calls.length, 40)
  })

  test('C20 are not paused when the org turned the brake off', async () => {
    const world = new World()
    await loop(world, 50)
    assert.equal(world.calls.length, 50)
  })

  test('C34 a pause that could not be stored does not hold: the post fails, and the next one tries again', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    world.fail_next = new ApiError('UNAVAILABLE', 'away')
    const isAway = (error: unknown) => error instanceof ApiError && error.errorCode === 'UNAVAILABLE'
    await assert.rejects(world.post('one too many', agent('forge')), isAway)
    await assert.rejects(world.post('again', agent('scout')), isLoop)
    assert.deepEqual(world.commands.slice(-3), ['channel.pause_loop', 'channel.pause_loop', 'message.post'])
  })

  test('C35 a pause whose storing is in doubt is ended by a person like any other', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    world.fail_next = new ApiError('OUTCOME_UNKNOWN', 'perhaps stored')
    await assert.rejects(world.post('one too many', agent('forge')))
    await world.post('go on', person('ada'))
    await settle()
    await world.post('thank you', agent('forge'))
    assert.deepEqual(world.commands.slice(-3), ['message.post', 'channel.resume_loop', 'message.post'])
  })

  test('C36 a pause keeps no actor: its end is an alarm, and it holds for the next activation', async () => {
    const world = new World()
    world.brake = { messages: 4, minutes: 10 }
    await loop(world, 4)
    await assert.rejects(world.post('one too many', agent('forge')), isLoop)
    await world.clock.advance(IDLE_MS)
    assert.equal(world.host.counts().active.channel, 0)
    world.paused_until = world.clock.now() + PAUSE_MS - IDLE_MS
    await assert.rejects(world.post('still paused', agent('forge')), isLoop)
  })
})
