import { beforeEach, describe, expect, test } from 'bun:test'
import type { ClientReport } from '../../../src/contracts/requests.ts'
import type { AgentClient, User } from '../../../src/contracts/resources.ts'
import { FakeClock, settle } from '../../../tests/support/fake-clock.ts'
import { type Claim, PRESENCE_TIMES, Presence } from '../../src/agent/presence.ts'
import { ServerAway, ServerRefused } from '../../src/server/port.ts'
import { ME } from '../support/samples.ts'

const REPORT: ClientReport = {
  name: 'mc-bridge',
  version: '1.0.0',
  wake: 'mention',
  state: 'ready',
  detail: null,
  gateway: null,
}
const { challenge_ms, reassert_ms } = PRESENCE_TIMES

let clock: FakeClock
let log: Log

beforeEach(() => {
  clock = new FakeClock()
  log = new Log()
})

/** The member as the server has it, and its event stream. */
class Log {
  client: AgentClient | undefined
  events = 0
  /** What the server takes of a report. */
  takes: 'all' | 'plain' | 'nothing' | 'no call' = 'all'
  readonly #streams: ((client: AgentClient) => void)[] = []

  /** Live events; the answer ends them and collects those that are missed. */
  stream(listen: (client: AgentClient) => void): void {
    this.#streams.push(listen)
  }

  me(): User {
    return {
      id: ME,
      type: 'agent',
      username: 'forge',
      display_name: 'Forge',
      ...(this.client ? { client: this.client } : {}),
      role: 'contributor',
      status: 'active',
      last_active_at: null,
      assigned_project_ids: [],
      notification_preferences: {} as User['notification_preferences'],
    }
  }

  report(report: ClientReport): boolean {
    if (this.takes === 'no call') throw new ServerAway('It is away.')
    if (this.takes === 'nothing') return false
    if (this.takes === 'plain' && report.instance !== undefined)
      throw new ServerRefused('PUT', 400, 'VALIDATION_FAILED', 'unknown property')
    const { reported_at: _, ...before } = this.client ?? { reported_at: '' }
    if (JSON.stringify(before) === JSON.stringify(report)) return true
    this.client = { ...report, reported_at: new Date(clock.now()).toISOString() }
    this.events++
    for (const listen of this.#streams) listen(this.client)
    return true
  }
}

class Bridge {
  readonly presence: Presence
  readonly warnings: string[] = []
  yielded_to: AgentClient | undefined
  claim: Claim | undefined
  /** Its stream carries nothing now; what it missed comes with the next poll. */
  polls = false
  #missed: AgentClient[] = []
  readonly #over = new AbortController()

  constructor(instance: string) {
    const server = {
      me: async () => log.me(),
      reportClient: async (report: ClientReport) => log.report(report),
      position: async () => `log.${log.events}`,
    }
    this.presence = new Presence(
      {
        server,
        instance,
        clock,
        random: () => 0.5,
        times: PRESENCE_TIMES,
        report: () => REPORT,
        onYield: (other) => {
          this.yielded_to = other
          this.end()
        },
        warn: (message) => void this.warnings.push(message),
        failed: (_, error) => {
          throw error
        },
      },
      this.#over.signal,
    )
    log.stream((client) => {
      if (this.#over.signal.aborted) return
      if (this.polls) this.#missed.push(client)
      else this.presence.look(client)
    })
  }

  async start(): Promise<this> {
    const claiming = this.presence.claim(log.me()).then((claim) => {
      this.claim = claim
      if (!claim.held) this.end()
    })
    claiming.catch(() => undefined)
    await settle()
    return this
  }

  poll(): void {
    for (const client of this.#missed.splice(0)) this.presence.look(client)
  }

  get holds(): boolean {
    return this.claim?.held === true && this.yielded_to === undefined
  }

  end(): void {
    this.#over.abort()
  }
}

const start = async (instance: string) => await new Bridge(instance).start()

describe('a start', () => {
  test('that nobody was before goes on at once, and reports the instance', async () => {
    const one = await start('a')
    expect(one.claim).toEqual({ held: true, took_over: false })
    expect(log.client).toMatchObject({ ...REPORT, instance: 'a' })
  })

  test('after its own report goes on at once, without an event', async () => {
    const before = await start('a')
    before.end()
    const { events } = log
    expect((await start('a')).claim).toEqual({ held: true, took_over: false })
    expect(log.events).toBe(events)
  })

  test('after a program without an instance goes on at once', async () => {
    log.report(REPORT)
    expect((await start('a')).holds).toBe(true)
  })

  test('after another one that has ended waits for the time of a challenge', async () => {
    const before = await start('b')
    before.end()
    const after = await start('a')
    await clock.advance(challenge_ms - 1)
    expect(after.claim).toBeUndefined()
    await clock.advance(1)
    expect(after.claim).toEqual({ held: true, took_over: true })
    expect(log.client?.instance).toBe('a')
  })
})

describe.each([
  ['smaller', 'a', 'b'],
  ['larger', 'b', 'a'],
])('an active bridge whose instance is %s', (_, active, newcomer) => {
  test('keeps its agent: the newcomer is refused, with the position before its challenge', async () => {
    const first = await start(active)
    const position = `log.${log.events}`
    const second = await start(newcomer)
    await clock.advance(challenge_ms)
    expect(second.claim).toMatchObject({ held: false, position, other: { instance: active } })
    expect(first.holds).toBe(true)
    expect(log.client?.instance).toBe(active)
  })

  test('answers each challenge, and a challenger that starts again and again', async () => {
    const first = await start(active)
    for (let n = 0; n < 5; n++) {
      const second = await start(newcomer)
      if (n % 2 === 1) second.end()
      else {
        await clock.advance(challenge_ms)
        expect(second.claim?.held).toBe(false)
      }
    }
    await clock.advance(reassert_ms)
    expect([first.holds, log.client?.instance]).toEqual([true, active])
  })

  test('polls and answers late: both have it, and one is left', async () => {
    const first = await start(active)
    first.polls = true
    const second = await start(newcomer)
    await clock.advance(challenge_ms)
    expect([first.holds, second.holds]).toEqual([true, true])
    first.poll()
    await clock.advance(4 * reassert_ms)
    first.poll()
    await clock.advance(4 * reassert_ms)
    expect({ a: active === 'a' ? first.holds : second.holds }).toEqual({ a: true })
    expect([first.holds, second.holds].filter(Boolean)).toHaveLength(1)
    expect(log.client?.instance).toBe('a')
  })

  test('missed the other one while it had no stream: a look at the opening finds it', async () => {
    const first = await start(active)
    first.polls = true
    const second = await start(newcomer)
    await clock.advance(challenge_ms)
    first.polls = false
    first.presence.lookAnew()
    await clock.advance(4 * reassert_ms)
    expect([first.holds, second.holds].filter(Boolean)).toHaveLength(1)
    expect(log.client?.instance).toBe('a')
  })
})

describe('two that start at the same time', () => {
  test('where nobody was: the one with the larger instance yields', async () => {
    const nobody = log.me()
    const [one, other] = [new Bridge('a'), new Bridge('b')]
    for (const bridge of [one, other]) bridge.claim = await bridge.presence.claim(nobody)
    await clock.advance(4 * reassert_ms)
    expect([one.holds, other.holds]).toEqual([true, false])
    expect(other.yielded_to?.instance).toBe('a')
  })

  test('where another one was: the last challenge wins', async () => {
    const before = await start('x')
    before.end()
    const [one, other] = [await start('a'), await start('b')]
    await clock.advance(challenge_ms)
    expect([one.claim?.held, other.claim?.held]).toEqual([false, true])
  })
})

test('an old event of another one is no challenge', async () => {
  const one = await start('b')
  const { events } = log
  one.presence.look({ ...REPORT, instance: 'a', reported_at: '' })
  await clock.advance(4 * reassert_ms)
  expect([one.holds, log.events]).toEqual([true, events])
})

test('answers to challenges are at most one in a time that is shorter than a challenge', async () => {
  await start('a')
  const { events } = log
  for (let n = 0; n < 100; n++) log.report({ ...REPORT, instance: `claim:${n}` })
  await clock.advance(reassert_ms * 2)
  expect(log.events - events).toBeLessThanOrEqual(100 + 2)
  expect(log.client?.instance).toBe('a')
  expect(reassert_ms).toBeLessThan(challenge_ms)
})

test.each(['plain', 'nothing'] as const)('a server that takes %s: no detection, said once', async (takes) => {
  log.takes = takes
  const [one, other] = [await start('a'), await start('b')]
  one.presence.tell()
  await settle()
  expect([one.holds, other.holds]).toEqual([true, true])
  expect([one.warnings.length, other.warnings.length]).toEqual([1, 1])
  expect(log.client?.instance).toBeUndefined()
})

test('a server that is away holds up a challenge, and decides nothing', async () => {
  const before = await start('b')
  before.end()
  log.takes = 'no call'
  const after = await start('a')
  await clock.advance(5 * challenge_ms)
  expect(after.claim).toBeUndefined()
  log.takes = 'all'
  await clock.advance(10 * challenge_ms)
  expect(after.holds).toBe(true)
})
