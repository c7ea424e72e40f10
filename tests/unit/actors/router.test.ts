import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Actor, Address } from '../../../src/actors/runtime/actor.ts'
import { type Directory, SingleNodeDirectory } from '../../../src/actors/runtime/directory.ts'
import { Host } from '../../../src/actors/runtime/host.ts'
import { Router } from '../../../src/actors/runtime/router.ts'
import type { CallOutcome } from '../../../src/contracts/calls.ts'
import { ApiError } from '../../../src/contracts/errors.ts'
import { Fenced, Gone } from '../../../src/domain/ownership.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const ADDRESS: Address = { kind: 'echo', org_id: 'org', id: 'org' }

function setUp(answers: (() => unknown)[], directory: Directory = new SingleNodeDirectory('here')) {
  const clock = new FakeClock()
  const host = new Host(clock, () => undefined)
  const asked: unknown[] = []
  host.register<unknown, unknown>('echo', {
    create: (): Actor<unknown, unknown> => ({
      receive: (request) => {
        asked.push(request)
        return answers.shift()?.() ?? 'no more answers'
      },
    }),
    idle_ms: 1_000,
    mailbox_max: 10,
  })
  const elsewhere: unknown[] = []
  const transport = {
    async call(node_id: string, _address: Address, request: unknown): Promise<CallOutcome> {
      elsewhere.push([node_id, request])
      return { ok: true, reply: 'from elsewhere' }
    },
  }
  return { clock, asked, elsewhere, router: new Router('here', host, directory, clock, transport) }
}

const fenced = () => {
  throw new Fenced('moved')
}

/** Lets a call go on over its pauses. */
async function through<T>(clock: FakeClock, call: Promise<T>): Promise<T> {
  let done = false
  const end = () => {
    done = true
  }
  call.then(end, end)
  while (!done) await clock.advance(100)
  return await call
}

describe('router', () => {
  test('A38 calls the actor of this node, and answers what it answers', async () => {
    const { router, asked } = setUp([() => 'hello'])
    assert.equal(await router.call(ADDRESS, 'ask'), 'hello')
    assert.deepEqual(asked, ['ask'])
  })

  test('A39 a lost ownership is tried again, marked as one that may have run', async () => {
    const { router, clock, asked } = setUp([fenced, fenced, () => 'hello'])
    const call = router.call(ADDRESS, { n: 1 }, () => ({ n: 1, retry: true }))
    assert.equal(await through(clock, call), 'hello')
    assert.deepEqual(asked, [{ n: 1 }, { n: 1, retry: true }, { n: 1, retry: true }])
  })

  test('A40 after four tries the answer is 503 with Retry-After', async () => {
    const { router, clock, asked } = setUp([fenced, fenced, fenced, fenced, fenced])
    await assert.rejects(
      through(clock, router.call(ADDRESS, 'ask')),
      (error) => error instanceof ApiError && error.errorCode === 'UNAVAILABLE',
    )
    assert.equal(asked.length, 4)
  })

  test('A41 an org that is gone is not found, at once', async () => {
    const { router, asked } = setUp([
      () => {
        throw new Gone('gone')
      },
    ])
    await assert.rejects(
      router.call(ADDRESS, 'ask'),
      (error) => error instanceof ApiError && error.errorCode === 'ORG_NOT_FOUND',
    )
    assert.equal(asked.length, 1)
  })

  test('A42 a refusal is answered as it is, without another try', async () => {
    const { router, asked } = setUp([
      () => {
        throw new ApiError('FORBIDDEN', 'no')
      },
    ])
    await assert.rejects(router.call(ADDRESS, 'ask'), /no/)
    assert.equal(asked.length, 1)
  })

  test('R27 a try that goes on for five seconds is 503 with an unknown outcome', async () => {
    const { router, clock, asked } = setUp([fenced, () => new Promise(() => undefined)])
    const started_at = clock.now()
    await assert.rejects(
      through(clock, router.call(ADDRESS, 'ask')),
      (error) => error instanceof ApiError && error.errorCode === 'OUTCOME_UNKNOWN',
    )
    assert.equal(asked.length, 2)
    assert.ok(clock.now() - started_at <= 5_100)
  })

  test('R27 after a try that may be stored, 503 UNAVAILABLE of a later one is an unknown outcome', async () => {
    const { router, clock } = setUp([
      () => {
        throw new Fenced('lost', { may_be_stored: true })
      },
      () => {
        throw new ApiError('UNAVAILABLE', 'away')
      },
    ])
    await assert.rejects(
      through(clock, router.call(ADDRESS, 'ask')),
      (error) => error instanceof ApiError && error.errorCode === 'OUTCOME_UNKNOWN',
    )
  })

  test('A43 an org that another node owns is called there', async () => {
    const directory: Directory = {
      ownerOf: async () => 'there',
      announce: async () => undefined,
      release: async () => undefined,
    }
    const { router, asked, elsewhere } = setUp([], directory)
    assert.equal(await router.call(ADDRESS, 'ask'), 'from elsewhere')
    assert.deepEqual(asked, [])
    assert.deepEqual(elsewhere, [['there', 'ask']])
  })
})
