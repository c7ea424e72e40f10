import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Actor, type ActorContext, type Address, later } from '../../../src/actors/runtime/actor.ts'
import { FakeClock, settle } from '../../../src/actors/runtime/clock.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import { ApiError } from '../../../src/contracts/errors.ts'

type Ask =
  | { do: 'count' }
  | { do: 'throw' }
  | { do: 'wait'; until: Promise<string> }
  | { do: 'later'; until: Promise<string> }
  | { do: 'timer'; name: string; after_ms: number }
  | { do: 'clear'; name: string }
  | { do: 'rang'; name: string }
  | { do: 'stop' }

const IDLE_MS = 1_000
const at = (id: string, org_id = 'org'): Address => ({ kind: 'counter', org_id, id })

/** Counts its messages, and writes down what happens to it. */
class Counter implements Actor<Ask, unknown> {
  count = 0
  readonly rang: string[] = []
  readonly #context: ActorContext<Ask>
  readonly #world: World

  constructor(context: ActorContext<Ask>, world: World) {
    this.#context = context
    this.#world = world
    world.log.push(`new ${context.address.id}`)
  }

  async activate(): Promise<void> {
    await this.#world.gate
    if (this.#world.fail_activation) throw new Error('cannot load')
  }

  receive(ask: Ask): unknown {
    this.count++
    switch (ask.do) {
      case 'count':
        return this.count
      case 'throw':
        throw new Error('this message fails')
      case 'wait':
        return ask.until
      case 'later':
        return later(ask.until)
      case 'timer':
        return void this.#context.setTimer(ask.name, ask.after_ms, { do: 'rang', name: ask.name })
      case 'clear':
        return void this.#context.clearTimer(ask.name)
      case 'rang':
        return void this.#world.log.push(`rang ${ask.name}`)
      case 'stop':
        return void this.#context.stop()
    }
  }

  busy(): boolean {
    return this.#world.busy
  }

  async passivate(): Promise<void> {
    this.#world.log.push(`end ${this.#context.address.id}`)
  }
}

class World {
  readonly log: string[] = []
  readonly failures: string[] = []
  gate: Promise<void> = Promise.resolve()
  fail_activation = false
  busy = false
  readonly clock = new FakeClock()
  readonly host = new Host(this.clock, (stage, error) => this.failures.push(`${stage}: ${error}`))

  constructor(mailbox_max = 10) {
    this.host.register<Ask, unknown>('counter', {
      create: (context) => new Counter(context, this),
      idle_ms: IDLE_MS,
      mailbox_max,
    })
  }

  ask(id: string, ask: Ask, org_id?: string): Promise<unknown> {
    return this.host.call(at(id, org_id), ask)
  }
}

const count: Ask = { do: 'count' }

describe('host', () => {
  test('A24 the first message activates an actor, and later ones find the same', async () => {
    const world = new World()
    assert.deepEqual(await Promise.all([world.ask('a', count), world.ask('a', count)]), [1, 2])
    assert.equal(await world.ask('b', count), 1)
    assert.deepEqual(world.log, ['new a', 'new b'])
    assert.equal(world.host.counts().active.counter, 2)
  })

  test('A25 messages wait until the activation is done', async () => {
    const world = new World()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    let answered = false
    const answer = world.ask('a', count).finally(() => {
      answered = true
    })
    await settle()
    assert.equal(answered, false)
    gate.resolve()
    assert.equal(await answer, 1)
  })

  test('A26 a failed activation is told to its callers and forgotten: the next call tries again', async () => {
    const world = new World()
    world.fail_activation = true
    await assert.rejects(world.ask('a', count), /cannot load/)
    await settle()
    assert.equal(world.host.counts().active.counter, 0)
    world.fail_activation = false
    assert.equal(await world.ask('a', count), 1)
  })

  test('A27 a handler that throws fails its own message and nothing else', async () => {
    const world = new World()
    const [, bad, good] = await Promise.allSettled([
      world.ask('a', count),
      world.ask('a', { do: 'throw' }),
      world.ask('a', count),
    ])
    assert.equal(bad?.status, 'rejected')
    assert.deepEqual(good, { status: 'fulfilled', value: 3 })
    assert.deepEqual(world.log, ['new a'])
  })

  test('A28 a full mailbox refuses the newest with 503', async () => {
    const world = new World(1)
    const gate = Promise.withResolvers<string>()
    const first = world.ask('a', { do: 'wait', until: gate.promise })
    await settle()
    const second = world.ask('a', count)
    await assert.rejects(
      world.ask('a', count),
      (error) => error instanceof ApiError && error.errorCode === 'UNAVAILABLE' && error.status === 503,
    )
    assert.equal(world.host.counts().mailbox_depth.counter, 1)
    gate.resolve('done')
    assert.deepEqual(await Promise.all([first, second]), ['done', 2])
  })

  test('A29 an answer that comes later does not hold up the next message, and keeps the actor', async () => {
    const world = new World()
    const commit = Promise.withResolvers<string>()
    const first = world.ask('a', { do: 'later', until: commit.promise })
    assert.equal(await world.ask('a', count), 2)
    await world.clock.advance(IDLE_MS * 5)
    assert.deepEqual(world.log, ['new a'])
    commit.resolve('stored')
    assert.equal(await first, 'stored')
    await world.clock.advance(IDLE_MS * 3)
    assert.deepEqual(world.log, ['new a', 'end a'])
  })

  test('A30 an idle actor is passivated, and rebuilt by the next message', async () => {
    const world = new World()
    await world.ask('a', count)
    await world.clock.advance(IDLE_MS - 1)
    assert.deepEqual(world.log, ['new a'])
    await world.clock.advance(1)
    assert.deepEqual(world.log, ['new a', 'end a'])
    assert.equal(await world.ask('a', count), 1)
  })

  test('A31 one that was used, or says that it is busy, stays', async () => {
    const world = new World()
    await world.ask('a', count)
    await world.clock.advance(IDLE_MS * 0.9)
    await world.ask('a', count)
    await world.clock.advance(IDLE_MS * 0.9)
    assert.equal(await world.ask('a', count), 3)
    world.busy = true
    await world.clock.advance(IDLE_MS * 4)
    assert.equal(await world.ask('a', count), 4)
    world.busy = false
    await world.clock.advance(IDLE_MS * 4)
    assert.deepEqual(world.log, ['new a', 'end a'])
  })

  test('A32 a timer is a message of its own: once, and the same name replaces', async () => {
    const world = new World()
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 100 })
    await world.clock.advance(50)
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 100 })
    await world.clock.advance(99)
    assert.deepEqual(world.log, ['new a'])
    await world.clock.advance(1)
    await world.clock.advance(500)
    assert.deepEqual(world.log, ['new a', 'rang x'])
  })

  test('A33 a timer waits for the message that is being handled', async () => {
    const world = new World()
    const gate = Promise.withResolvers<string>()
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 100 })
    const slow = world.ask('a', { do: 'wait', until: gate.promise })
    await world.clock.advance(200)
    assert.deepEqual(world.log, ['new a'])
    gate.resolve('done')
    await slow
    await settle()
    assert.deepEqual(world.log, ['new a', 'rang x'])
  })

  test('A34 a cleared timer does not ring, nor one of an actor that was passivated', async () => {
    const world = new World()
    await world.ask('a', { do: 'timer', name: 'cleared', after_ms: 100 })
    await world.ask('a', { do: 'clear', name: 'cleared' })
    await world.ask('a', { do: 'timer', name: 'late', after_ms: IDLE_MS * 3 })
    await world.clock.advance(IDLE_MS * 10)
    assert.deepEqual(world.log, ['new a', 'end a'])
  })

  test('A35 an actor that stops itself is replaced by the next call', async () => {
    const world = new World()
    await world.ask('a', count)
    await world.ask('a', { do: 'stop' })
    assert.equal(await world.ask('a', count), 1)
    assert.deepEqual(world.log, ['new a', 'new a'])
  })

  test('A36 all actors of an org end together; others stay', async () => {
    const world = new World()
    await Promise.all([
      world.ask('a', count, 'one'),
      world.ask('b', count, 'one'),
      world.ask('c', count, 'two'),
    ])
    await world.host.stopOrg('one')
    assert.deepEqual(world.log.slice(3).toSorted(), ['end a', 'end b'])
    assert.equal(await world.ask('c', count, 'two'), 2)
    await world.host.stopAll()
    assert.equal(world.host.counts().active.counter, 0)
  })

  test('A37 a peek asks an actor that is there, and activates none', async () => {
    const world = new World()
    assert.equal(await world.host.peek(at('a'), count), undefined)
    assert.deepEqual(world.log, [])
    await world.ask('a', count)
    assert.equal(await world.host.peek(at('a'), count), 2)
  })
})
