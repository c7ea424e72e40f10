import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { ChannelActor } from '../../../src/actors/channel/channel-actor.ts'
import { OrgActor } from '../../../src/actors/org/org-actor.ts'
import type { Address } from '../../../src/actors/runtime/actor.ts'
import { answerCall } from '../../../src/actors/runtime/answer-call.ts'
import { SingleNodeDirectory } from '../../../src/actors/runtime/directory.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import { LANE_LIMITS } from '../../../src/actors/runtime/lane.ts'
import { type CallTransport, Router } from '../../../src/actors/runtime/router.ts'
import {
  CallOutcome,
  CHANNEL_REPLIES,
  type ChannelRequest,
  CommandCall,
  isCallOf,
  OrgReply,
  OrgRequest,
  PostReply,
} from '../../../src/contracts/calls.ts'
import { COMMAND_SCHEMAS, MessagePost, type NamedInput, Posted } from '../../../src/contracts/commands.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { LogEvent, PublishedBatch } from '../../../src/contracts/log-event.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { outcomeOf, replyOf } from '../../../src/domain/call-outcome.ts'
import { Fenced, Gone } from '../../../src/domain/ownership.ts'
import { SYSTEM } from '../../../src/domain/principal.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeOrgStore } from '../../support/fake-org-store.ts'
import { sampleOf } from '../../support/samples.ts'

const uuid = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const [ORG, CHANNEL, ADA] = [uuid(1), uuid(2), uuid(3)]
const org: Address = { kind: 'org', org_id: ORG, id: ORG }
const channel: Address = { kind: 'channel', org_id: ORG, id: CHANNEL }
const ada = {
  kind: 'human',
  id: ADA,
  display_name: 'Ada',
  org_id: ORG,
  role: 'administrator',
  ip: '192.0.2.7',
} as const

/** A copy as another node would have it; both ways of copying must agree, and the schema must allow it. */
function overTheWire<T>(schema: TSchema, value: T): T {
  const problem = Value.Errors(schema, value).First()
  assert.ok(Value.Check(schema, value), `${problem?.path} ${problem?.message}: ${JSON.stringify(value)}`)
  const copy = JSON.parse(JSON.stringify(value))
  assert.deepEqual(copy, structuredClone(value))
  return copy
}

/** Two nodes: the calls of one reach the actors of the other as plain data only. */
function twoNodes() {
  const store = new FakeOrgStore()
  const published: unknown[] = []
  const clock = new FakeClock()
  const host = new Host(clock, () => undefined)
  const permissions = {
    status: 'active' as const,
    settings: DEFAULT_SETTINGS,
    members: [],
    project_users: [],
    channels: [],
    sub_agents: [],
    ending_keys: [],
  }
  host.register('org', {
    create: (context) =>
      new OrgActor(
        context,
        {
          store,
          load: async () => (store.exists ? { head: store.head, permissions } : undefined),
          publish: (batch) => void published.push(overTheWire(PublishedBatch, batch)),
          directory: new SingleNodeDirectory('owner'),
          ownerLost: () => undefined,
          observe: () => undefined,
        },
        { lane: LANE_LIMITS, ring_events_max: 5, ring_bytes_max: 1024 * 1024 },
      ),
    idle_ms: 60_000,
    mailbox_max: 100,
  })
  const faults: string[] = []
  const world = { refusal: undefined as ApiError | undefined, gone: false }
  const posts: CommandCall[] = []
  host.register('channel', {
    create: (context) =>
      new ChannelActor(context, {
        pauseLoop: async (_org, { input }) => ({ result: { until: input.until }, replayed: false }),
        resumeLoop: async () => ({ result: null, replayed: false }),
        post: async (_org, call) => {
          posts.push(overTheWire(CommandCall, call))
          if (world.refusal) throw world.refusal
          return sampleOf(PostReply)
        },
        ephemeral: () => undefined,
        markRead: async (_org, _channel, _user, seq) =>
          world.gone ? undefined : { read_seq: seq, unread_count: 9, mention_count: 1 },
        markUnread: async (_org, _channel, _user, seq) =>
          world.gone ? undefined : { read_seq: seq - 1, unread_count: 9, mention_count: 1, rewinds: 1 },
        loadBrake: async () => ({ run: [], paused_until: 0 }),
        brakeSettings: () => ({ messages: 0, minutes: 1 }),
        newId: () => uuid(77),
      }),
    idle_ms: 60_000,
    mailbox_max: 100,
  })
  const transport: CallTransport = {
    async call(_node, address, request) {
      const received: unknown = JSON.parse(JSON.stringify(request))
      const outcome = await answerCall(host, address, received, (stage) => void faults.push(stage))
      if (outcome.ok) {
        const schemas = address.kind === 'org' ? [OrgReply] : Object.values(CHANNEL_REPLIES)
        assert.ok(
          schemas.some((one) => Value.Check(one, outcome.reply)),
          JSON.stringify(outcome),
        )
      }
      return overTheWire(CallOutcome, outcome)
    },
  }
  const elsewhere = {
    ownerOf: () => 'owner',
    announce: async () => undefined,
    release: async () => undefined,
  }
  const idle = new Host(clock, () => undefined)
  return {
    store,
    published,
    posts,
    faults,
    world,
    clock,
    router: new Router('other', idle, elsewhere, clock, transport),
  }
}

type Rest = Partial<Pick<CommandCall, 'command_id' | 'principal' | 'retry' | 'idempotency'>>

const call = (named: NamedInput, rest: Rest = {}): OrgRequest => ({
  type: 'command',
  call: { command_id: uuid(9), principal: ada, ...rest, ...named },
})

const RESTORE: NamedInput = { command: 'org.restore', input: null }

/** Each command with an input and a result that its schemas allow. */
const SAMPLES = Object.entries(COMMAND_SCHEMAS).map(([command, { input, result }]) => ({
  command,
  schemas: { input, result },
  input: sampleOf<TSchema>(input),
  result: sampleOf<TSchema>(result),
}))

describe('W5 a call from another node', () => {
  test('of an org runs its command, publishes and answers', async () => {
    const { router, published, store } = twoNodes()
    const idempotency = { route: 'POST /x', key: 'k', fingerprint: 'f' }
    const result = { a: [1, null, 'x'] }
    store.outcomes.set(uuid(9), { result })
    assert.deepEqual(await router.call(org, call(RESTORE, { idempotency })), { result, replayed: false })
    await router.call(org, call(RESTORE, { principal: SYSTEM, retry: true }))
    assert.deepEqual(
      store.jobs.map(({ principal, retry }) => [principal.kind, retry]),
      [
        ['human', undefined],
        ['system', true],
      ],
    )
    assert.equal(published.length, 2)
  })

  for (const { command, schemas, input, result } of SAMPLES)
    test(`of an org runs ${command} with its input and answers its result`, async () => {
      const { router, store } = twoNodes()
      store.outcomes.set(uuid(9), { result: overTheWire(schemas.result, result) })
      const request = { type: 'command', call: { command_id: uuid(9), command, input, principal: ada } }
      assert.deepEqual(await router.call(org, overTheWire(OrgRequest, request)), { result, replayed: false })
      assert.deepEqual(
        store.jobs.map((job) => [job.command, job.input]),
        [[command, input]],
      )
    })

  for (const { command, input } of SAMPLES)
    test(`of an org is refused before it runs when ${command} has another input`, async () => {
      const { router, store, faults } = twoNodes()
      const unfit = [{ ...(typeof input === 'object' ? input : {}), unknown_field: 1 }, 'text', undefined]
      for (const wrong of unfit) {
        const request = {
          type: 'command',
          call: { command_id: uuid(9), command, input: wrong, principal: ada },
        }
        await assert.rejects(router.call(org, request), /another node/)
      }
      assert.deepEqual([store.jobs, faults.length], [[], unfit.length])
    })

  test('with an unknown command, actor or request is refused before it runs', async () => {
    const { router, store, posts, faults } = twoNodes()
    const unknown = { command_id: uuid(9), command: 'toString', input: null, principal: ada }
    await assert.rejects(router.call(org, { type: 'command', call: unknown }), /another node/)
    await assert.rejects(router.call({ ...org, kind: 'toString' }, call(RESTORE)), /another node/)
    await assert.rejects(router.call(channel, call(RESTORE)), /another node/)
    await assert.rejects(router.call(channel, { type: 'post', posting: null }), /another node/)
    assert.deepEqual([store.jobs, posts, faults.length], [[], [], 4])
  })

  test('of an org replays its memory, and answers null for what that does not reach', async () => {
    const { router } = twoNodes()
    for (let i = 0; i < 8; i++) await router.call(org, call(RESTORE))
    const events = await router.call<LogEvent[]>(org, { type: 'replay', after: 6, limit: 9 })
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      [7, 8],
    )
    assert.ok(events.every((event) => Value.Check(LogEvent, event)))
    assert.equal(await router.call(org, { type: 'replay', after: 1, limit: 9 }), null)
  })

  test('of a channel posts, repeats, reads and types', async () => {
    const { router, posts, world } = twoNodes()
    const posting = sampleOf(MessagePost)
    const post: ChannelRequest = { type: 'post', command_id: uuid(8), posting, principal: ada }
    const stored = await router.call<PostReply>(channel, post)
    assert.ok(Value.Check(Posted, stored.result))
    const repeated = await router.call<PostReply>(channel, post)
    assert.deepEqual(repeated.result, { message: stored.result.message, repeated: true })
    assert.equal(posts.length, 1)
    const read = { type: 'read', user_id: ADA, seq: 4, now: true }
    assert.deepEqual(await router.call(channel, read), { read_seq: 4, unread_count: 9, mention_count: 1 })
    world.gone = true
    assert.equal(await router.call(channel, read), null)
    assert.equal(await router.call(channel, { ...read, now: false }), null)
    assert.equal(await router.call(channel, { type: 'typing', user_id: ADA }), null)
  })

  test('is refused in the words of the owner', async () => {
    const { router, world } = twoNodes()
    const rate_limit = { limit: 60, remaining: 0, reset_s: 3 }
    world.refusal = new ApiError('RATE_LIMITED', 'Slow down.', {
      details: { place: 1 },
      retry_after_s: 3,
      rate_limit,
    })
    const { client_id: _, ...posting } = sampleOf(MessagePost)
    const post: ChannelRequest = { type: 'post', command_id: uuid(8), posting, principal: ada }
    await assert.rejects(router.call(channel, post), (error: unknown) => {
      assert.ok(error instanceof ApiError)
      assert.deepEqual({ ...error, message: error.message }, { ...world.refusal, message: 'Slow down.' })
      assert.deepEqual(error.body(), world.refusal?.body())
      return true
    })
  })

  test('of an org that is gone is 404', async () => {
    const { router, store } = twoNodes()
    store.exists = false
    await assert.rejects(router.call(org, call(RESTORE)), { errorCode: 'ORG_NOT_FOUND' })
  })
})

test('W5 every failure of a call is the same error on the other side, and a fault tells nothing', async () => {
  const over = async (error: unknown) => {
    try {
      replyOf(overTheWire(CallOutcome, await outcomeOf(Promise.reject(error))))
    } catch (received) {
      return received
    }
    throw new Error('no failure')
  }
  const fenced = await over(new Fenced('moved', { may_be_stored: true }))
  assert.ok(fenced instanceof Fenced && fenced.may_be_stored && fenced.message === 'moved')
  assert.ok((await over(new Gone('gone'))) instanceof Gone)
  const fault = await over(new TypeError('password is hunter2'))
  assert.ok(fault instanceof Error && !fault.message.includes('hunter2'))
  const refused = await over(new ApiError('FORBIDDEN', 'No.'))
  assert.ok(refused instanceof ApiError && refused.status === 403 && refused.details === undefined)
})

test('W5 the compiler refuses a call that the boundary between nodes refuses', () => {
  const title = 'Resume uploads'
  assert.ok(isCallOf('org', call({ command: 'task.create', input: { title } })))
  // @ts-expect-error The command has no schema.
  const unknown = call({ command: 'task.erase', input: { title } })
  // @ts-expect-error The input is one of another command.
  const other = call({ command: 'project.create', input: { title } })
  // @ts-expect-error A field is missing.
  const lacking = call({ command: 'task.create', input: {} })
  for (const refused of [unknown, other, lacking]) assert.equal(isCallOf('org', refused), false)
})

test('W5 a class instance, a date or undefined in a call is no plain data', () => {
  const withSetting = (value: unknown) => call({ command: 'org.update', input: { settings: { value } } })
  for (const value of [new Map(), new Date(0), { at: new Date(0) }, [undefined], () => 1, Number.NaN])
    assert.equal(isCallOf('org', withSetting(value)), false)
  for (const value of [null, 0, 'x', [], {}, { a: { b: [true] } }])
    assert.equal(isCallOf('org', withSetting(value)), true)
})
