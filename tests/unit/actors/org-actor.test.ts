import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OrgActor, type OrgLimits } from '../../../src/actors/org/org-actor.ts'
import type { Address } from '../../../src/actors/runtime/actor.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import { LANE_LIMITS } from '../../../src/actors/runtime/lane.ts'
import type { OrgRequest, Reply } from '../../../src/contracts/calls.ts'
import type { LogEvent, PublishedBatch } from '../../../src/contracts/log-event.ts'
import { User } from '../../../src/contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { Fenced, Gone } from '../../../src/domain/ownership.ts'
import type { Member } from '../../../src/domain/permission-snapshot.ts'
import { FakeClock, settle } from '../../support/fake-clock.ts'
import { FakeOrgStore, type FakeOutcome } from '../../support/fake-org-store.ts'
import { sampleOf } from '../../support/samples.ts'

const ADDRESS: Address = { kind: 'org', org_id: 'org', id: 'org' }
const LIMITS: OrgLimits = {
  lane: LANE_LIMITS,
  ring_events_max: 5,
  ring_bytes_max: 1024 * 1024,
}
const ADA = '00000000-0000-7000-8000-0000000000ad'
const ada: Member = {
  user_id: ADA,
  type: 'human',
  role: 'administrator',
  status: 'active',
  username: 'ada',
  display_name: 'Ada',
}

function setUp() {
  const store = new FakeOrgStore()
  const published: PublishedBatch[] = []
  const measures: string[] = []
  const failures: string[] = []
  const world = {
    owners_lost: 0,
    ended: 0,
    announced: [] as number[],
    released: [] as number[],
    load_epoch_ahead: 0,
    on_publish: () => {},
    refusal: undefined as Error | undefined,
  }
  const clock = new FakeClock()
  const host = new Host(clock, (stage) => failures.push(stage))
  host.register('org', {
    create: (context) =>
      new OrgActor(
        context,
        {
          store,
          load: async () =>
            store.exists
              ? {
                  head: { ...store.head, epoch: store.head.epoch + world.load_epoch_ahead },
                  permissions: {
                    status: 'active',
                    settings: DEFAULT_SETTINGS,
                    members: [ada],
                    project_users: [],
                    channels: [],
                    sub_agents: [],
                    ending_keys: [],
                  },
                }
              : undefined,
          publish: (batch) => {
            published.push(batch)
            world.on_publish()
          },
          ownerLost: () => {
            world.owners_lost++
          },
          ended: () => {
            world.ended++
          },
          directory: {
            ownerOf: () => 'here',
            announce: async (_org_id, epoch) => void world.announced.push(epoch),
            release: async (_org_id, epoch) => void world.released.push(epoch),
          },
          refusal: () => world.refusal,
          observe: (measure) => void measures.push(measure),
        },
        LIMITS,
      ),
    idle_ms: 10 * 60_000,
    mailbox_max: 1_000,
  })
  let commands = 0
  const run = (outcome: FakeOutcome = {}) => {
    const command_id = `c${++commands}`
    store.outcomes.set(command_id, outcome)
    return host.call<Reply>(ADDRESS, {
      type: 'command',
      call: {
        command_id,
        command: 'org.restore',
        input: null,
        principal: { kind: 'human', id: ADA, display_name: 'Ada', org_id: null, role: 'administrator' },
      },
    } satisfies OrgRequest)
  }
  const replay = (after: number, limit = 100) =>
    host.call<LogEvent[] | undefined>(ADDRESS, { type: 'replay', after, limit })
  return { store, published, measures, failures, world, clock, host, run, replay }
}

const sequences = (batches: readonly PublishedBatch[]) =>
  batches.flatMap(({ events }) => events.map(({ sequence }) => sequence))

describe('org actor', () => {
  test('A44 takes the org under a new epoch before the first command', async () => {
    const { store, run } = setUp()
    assert.deepEqual(await run(), { result: 1, replayed: false })
    assert.equal(store.head.epoch, 1)
  })

  test('A45 publishes what is stored, in order and before the callers are answered', async () => {
    const { run, published, world } = setUp()
    const order: string[] = []
    world.on_publish = () => void order.push('published')
    await run().then(() => order.push('answered'))
    assert.deepEqual(order, ['published', 'answered'])
    await Promise.all([run(), run(), run()])
    assert.deepEqual(sequences(published), [1, 2, 3, 4])
    assert.deepEqual([...new Set(published.map(({ log, epoch }) => `${log} ${epoch}`))], ['testlog1 1'])
  })

  test('A46 a refused command is neither stored nor published, and its neighbours are', async () => {
    const { run, published, store } = setUp()
    const [first, refused, last] = await Promise.allSettled([run(), run({ refuse: 'no' }), run()])
    assert.deepEqual(
      [first, last].map((outcome) => outcome?.status),
      ['fulfilled', 'fulfilled'],
    )
    assert.equal(refused?.status, 'rejected')
    assert.deepEqual(sequences(published), [1, 2])
    assert.equal(store.head.sequence, 2)
  })

  test('R28 an owner that rests or is fenced ends with its channels, and releases the entry of its epoch', async () => {
    const { store, run, world, host } = setUp()
    await run()
    await host.stopOrg('org')
    assert.deepEqual([world.ended, world.announced, world.released], [1, [1], [1]])
    await run()
    store.head = { ...store.head, epoch: 9 }
    await assert.rejects(run(), Fenced)
    assert.deepEqual([world.ended, world.announced, world.released], [2, [1, 2], [1, 2]])
  })

  test('K5 a command that the permissions refuse never enters the lane', async () => {
    const { run, store, world } = setUp()
    await run()
    world.refusal = new Error('hidden')
    await assert.rejects(run(), world.refusal)
    assert.deepEqual(store.batches, [1])
  })

  test('A47 commands that come during a commit share the next one', async () => {
    const { run, store } = setUp()
    await run()
    const gate = Promise.withResolvers<void>()
    store.gate = gate.promise
    const first = run()
    await settle()
    const rest = Array.from({ length: 20 }, () => run())
    for (let i = 0; i < 20; i++) await settle()
    gate.resolve()
    await Promise.all([first, ...rest])
    assert.deepEqual(store.batches, [1, 1, 20])
  })

  test('A48 a command after a change of rights is judged by the changed rights', async () => {
    const { run, store } = setUp()
    await run()
    const gate = Promise.withResolvers<void>()
    store.gate = gate.promise
    const first = run()
    await settle()
    const payload = { user: sampleOf(User, { id: ADA }) }
    const removal = run({ event: { type: 'user.removed', payload } })
    const after = run()
    gate.resolve()
    await Promise.all([first, removal, after])
    assert.deepEqual(store.batches, [1, 1, 1, 1])
    const { permissions } = store.jobs.at(-1)!
    assert.equal(permissions.member(ADA), undefined)
  })

  test('A49 replays from memory what it published last, and says when that does not reach back', async () => {
    const { run, replay } = setUp()
    for (let i = 0; i < 8; i++) await run()
    const numbers = async (after: number, limit?: number) =>
      (await replay(after, limit))?.map(({ sequence }) => sequence)
    assert.deepEqual(await numbers(3), [4, 5, 6, 7, 8])
    assert.deepEqual(await numbers(5, 2), [6, 7])
    assert.deepEqual(await numbers(8), [])
    assert.equal(await numbers(2), undefined)
  })

  test('A50 an owner that another node replaced closes, publishes nothing, and the next call starts anew', async () => {
    const { run, store, published, measures, host } = setUp()
    await run()
    await store.take('org')
    await assert.rejects(run(), Fenced)
    assert.deepEqual(sequences(published), [1])
    assert.ok(measures.includes('fenced'))
    assert.deepEqual(store.released, [1])
    await settle()
    assert.equal(host.counts().active.org, 0)
    await run()
    assert.equal(store.head.epoch, 3)
    assert.deepEqual(sequences(published), [1, 2])
  })

  test('A77 a failing publication closes the owner; the next call starts anew behind what is stored', async () => {
    const { run, store, world, published, failures, host } = setUp()
    await run()
    world.on_publish = () => {
      throw new Error('a bug')
    }
    await assert.rejects(run(), (error) => error instanceof Fenced && error.may_be_stored)
    assert.equal(store.events.length, 2)
    assert.deepEqual(failures, ['publication of org org'])
    assert.equal(world.owners_lost, 1)
    assert.deepEqual(store.released, [1])
    assert.equal(host.counts().active.org, 0)
    world.on_publish = () => {}
    assert.deepEqual(await run(), { result: 3, replayed: false })
    assert.equal(store.head.epoch, 2)
    assert.equal(sequences(published).at(-1), 3)
  })

  test('A51 an org that is gone is said to be, before and after it was active', async () => {
    const { run, store } = setUp()
    await run()
    store.exists = false
    await assert.rejects(run(), Gone)
    await assert.rejects(run(), Gone)
  })

  test('A52 what is loaded under another epoch than its own is not used', async () => {
    const { run, world, store } = setUp()
    world.load_epoch_ahead = 1
    await assert.rejects(run(), Fenced)
    assert.equal(store.events.length, 0)
    assert.deepEqual(store.released, [1])
    world.load_epoch_ahead = 0
    assert.deepEqual(await run(), { result: 1, replayed: false })
  })

  test('A53 ends with what is under way stored, answered and published', async () => {
    const { run, store, host, published } = setUp()
    await run()
    const gate = Promise.withResolvers<void>()
    store.gate = gate.promise
    const last = run()
    await settle()
    const stopped = host.stopAll()
    gate.resolve()
    await stopped
    assert.deepEqual(await last, { result: 2, replayed: false })
    assert.deepEqual(sequences(published), [1, 2])
  })

  test('A54 without use it comes to rest, with its ring and without a statement', async () => {
    const { run, clock, host, store } = setUp()
    await run()
    await clock.advance(10 * 60_000)
    assert.equal(host.counts().active.org, 0)
    assert.deepEqual(store.released, [1])
    await clock.advance(60 * 60_000)
    assert.equal(store.head.epoch, 1)
  })
})
