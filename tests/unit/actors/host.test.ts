import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Actor, type ActorContext, type Address, deferred } from '../../../src/actors/runtime/actor.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'

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
        return deferred(ask.until)
      case 'timer':
        return void this.#context.setTimer(ask.name, ask.after_ms, { do: 'rang', name: ask.name })
      case 'clear':
        return void this.#context.clearTimer(ask.name)
      case 'rang':
        return this.#rang(ask.name)
      case 'stop':
        return void this.#context.stop()
    }
  }

  #rang(name: string): void {
    if (this.#world.fail_timers) throw new Error('this timer fails')
    this.#world.log.push(`rang ${name}`)
    const { rearm_ms } = this.#world
    if (rearm_ms !== undefined) this.#context.setTimer(name, rearm_ms, { do: 'rang', name })
  }

  busy(): boolean {
    return this.#world.busy
  }

  async passivate(): Promise<void> {
    await this.#world.save_gate
    this.#world.log.push(`end ${this.#context.address.id}`)
  }
}

class World {
  readonly log: string[] = []
  readonly failures: string[] = []
  gate: Promise<void> = Promise.resolve()
  save_gate: Promise<void> = Promise.resolve()
  fail_activation = false
  fail_timers = false
  /** Timers that ring set themselves again. */
  rearm_ms: number | undefined
  busy = false
  readonly clock = new FakeClock()
  readonly host: Host

  constructor(mailbox_max = 10, host?: Host) {
    this.host = host ?? new Host(this.clock, (stage, error) => this.failures.push(`${stage}: ${error}`))
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

  test('A26 a failed activation fails its callers and is discarded: the next call activates again', async () => {
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

  test('A80 timers are no use: an actor with nothing but timers comes to rest', async () => {
    const world = new World()
    world.rearm_ms = IDLE_MS / 4
    await world.ask('a', { do: 'timer', name: 'x', after_ms: IDLE_MS / 4 })
    await world.clock.advance(IDLE_MS)
    assert.deepEqual(world.log, ['new a', 'rang x', 'rang x', 'rang x', 'end a'])
    await world.clock.advance(IDLE_MS * 3)
    assert.equal(world.log.length, 5)
  })

  test('A81 a timer that is due while the mailbox is full is delivered later, in its turn', async () => {
    const world = new World(1)
    const gate = Promise.withResolvers<string>()
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 100 })
    await settle()
    const slow = world.ask('a', { do: 'wait', until: gate.promise })
    const waiting = world.ask('a', count)
    await assert.rejects(world.ask('a', count), ApiError)
    await world.clock.advance(100)
    assert.deepEqual(world.log, ['new a'])
    gate.resolve('done')
    assert.deepEqual(await Promise.all([slow, waiting]), ['done', 3])
    await settle()
    assert.deepEqual(world.log, ['new a', 'rang x'])
  })

  test('A82 a timer that is cleared or replaced while it is queued does not ring as it was', async () => {
    const world = new World()
    const gate = Promise.withResolvers<string>()
    await world.ask('a', { do: 'timer', name: 'cleared', after_ms: 100 })
    await world.ask('a', { do: 'timer', name: 'replaced', after_ms: 100 })
    const slow = world.ask('a', { do: 'wait', until: gate.promise })
    const clear = world.ask('a', { do: 'clear', name: 'cleared' })
    const replace = world.ask('a', { do: 'timer', name: 'replaced', after_ms: 500 })
    await world.clock.advance(100)
    gate.resolve('done')
    await Promise.all([slow, clear, replace])
    await settle()
    // Both were queued behind the messages that cleared and replaced them.
    assert.deepEqual(world.log, ['new a'])
    await world.clock.advance(500)
    assert.deepEqual(world.log, ['new a', 'rang replaced'])
  })

  test('A83 a timer that fires early waits for its time', async () => {
    const early = new FakeClock()
    const host = new Host(
      {
        now: () => early.now(),
        after: (ms, fire) => early.after(Math.min(ms, 10), fire),
      },
      () => undefined,
    )
    const world = new World(10, host)
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 25 })
    await early.advance(24)
    assert.deepEqual(world.log, ['new a'])
    await early.advance(1)
    assert.deepEqual(world.log, ['new a', 'rang x'])
  })

  test('A84 a handler of a timer that throws is reported, and the actor goes on', async () => {
    const world = new World()
    world.fail_timers = true
    await world.ask('a', { do: 'timer', name: 'x', after_ms: 100 })
    await world.clock.advance(100)
    assert.deepEqual(world.failures, ['timer x of counter/a: Error: this timer fails'])
    assert.equal(await world.ask('a', count), 3)
  })

  test('A85 an actor rests after its idle time, measured from its last message and not from a check before', async () => {
    const world = new World()
    await world.ask('a', count)
    await world.clock.advance(IDLE_MS * 0.9)
    await world.ask('a', count)
    await world.clock.advance(IDLE_MS)
    assert.deepEqual(world.log, ['new a', 'end a'])
  })

  test('A86 a stop handles, answers and saves everything that was accepted before', async () => {
    const world = new World()
    const turn = Promise.withResolvers<string>()
    const commit = Promise.withResolvers<string>()
    const answers = [
      world.ask('a', { do: 'wait', until: turn.promise }),
      world.ask('a', { do: 'later', until: commit.promise }),
      world.ask('a', count),
    ]
    await settle()
    const answered = Promise.all(answers.map((answer) => answer.then((value) => world.log.push(`${value}`))))
    const stopped = world.host.stopAll().then(() => world.log.push('stopped'))
    await settle()
    turn.resolve('turn')
    await settle()
    commit.resolve('commit')
    await Promise.all([answered, stopped])
    assert.deepEqual(world.log, ['new a', 'turn', '3', 'commit', 'end a', 'stopped'])
  })

  test('A87 after a stop of the host calls are refused with 503 and activate no actor', async () => {
    const world = new World()
    await world.ask('a', count)
    await world.host.stopAll()
    await assert.rejects(
      world.ask('a', count),
      (error) => error instanceof ApiError && error.errorCode === 'UNAVAILABLE',
    )
    assert.deepEqual(world.log, ['new a', 'end a'])
  })

  test('A88 a fresh activation waits for the end of the one before, but not for ever', async () => {
    const world = new World()
    await world.ask('a', count)
    await settle()
    const save = Promise.withResolvers<void>()
    world.save_gate = save.promise
    await world.clock.advance(IDLE_MS)
    const next = world.ask('a', count).then(() => world.log.push('answered'))
    await settle()
    assert.deepEqual(world.log, ['new a', 'new a'])
    save.resolve()
    await next
    assert.deepEqual(world.log, ['new a', 'new a', 'end a', 'answered'])

    world.save_gate = new Promise(() => undefined)
    await settle()
    await world.clock.advance(IDLE_MS)
    const late = world.ask('a', count)
    await world.clock.advance(5_000)
    assert.equal(await late, 1)
  })

  test('A89 what waits for an activation that fails is refused with its error and not handled', async () => {
    const world = new World()
    const gate = Promise.withResolvers<void>()
    world.gate = gate.promise
    const answers = Promise.allSettled([world.ask('a', count), world.ask('a', count), world.ask('a', count)])
    await settle()
    const stopped = world.host.stopOrg('org')
    world.fail_activation = true
    gate.resolve()
    for (const answer of await answers) assert.equal(answer.status, 'rejected')
    await stopped
    assert.deepEqual(world.log, ['new a'])
  })

  test('A90 a stop ends callers before those they call, and also waits for ends that are under way', async () => {
    const world = new World()
    const log = world.log
    world.host.register<string, unknown>('caller', {
      create: () => ({
        receive: () => null,
        passivate: async () => {
          log.push(`saved ${await world.ask('callee', count)}`)
        },
      }),
      idle_ms: IDLE_MS,
      mailbox_max: 10,
    })
    await world.ask('callee', count)
    await world.host.call({ kind: 'caller', org_id: 'org', id: 'x' }, 'hello')
    await world.host.stopAll()
    assert.deepEqual(log, ['new callee', 'saved 2', 'end callee'])
  })
})
