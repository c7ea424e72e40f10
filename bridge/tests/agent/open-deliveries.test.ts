/** Messages whose rows are missing, and the order in which they are made up for. */
import { beforeEach, expect, test } from 'bun:test'
import type { Message } from '../../../src/contracts/resources.ts'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import { FakeClock, settle } from '../../../tests/support/fake-clock.ts'
import { OpenDeliveries } from '../../src/agent/open-deliveries.ts'
import { messageRowId } from '../../src/delivery/ids.ts'
import { ServerAway } from '../../src/server/port.ts'
import type { Row } from '../../src/state/port.ts'
import { MemoryState } from '../state/memory-state.ts'
import { message as rowOf } from '../state/rows.ts'
import { GENERAL, ME, message } from '../support/samples.ts'

const KEPT_MS = 7 * 24 * 60 * 60_000
/** Of the server, whatever the clock of the bridge says. */
const SERVER_NOW_MS = Date.parse('2026-02-13T10:15:00.000Z')

let messages: Message[]
let rows: Row[]
let state: MemoryState
let open: OpenDeliveries
let clock: FakeClock
/** The server is away for so many calls. */
let away: number
/** Set: the server's answers wait for it. */
let held: Promise<void> | undefined

/** The server has so many messages for the agent, each with an open delivery. */
function has(last_seq: number, delivery: DeliveryState = 'queued'): void {
  messages = Array.from({ length: last_seq }, (_, i) =>
    message({
      seq: i + 1,
      id: `m${i + 1}`,
      created_at: new Date(SERVER_NOW_MS + i).toISOString(),
      deliveries: [{ agent_id: ME, state: delivery, detail: null, updated_at: '2026-02-13T10:15:00.000Z' }],
    }),
  )
}

function openAt(bridge_now_ms: number): void {
  clock = new FakeClock(bridge_now_ms)
  state = new MemoryState(() => clock.now())
  rows = []
  open = new OpenDeliveries(
    {
      agent: 'forge',
      server: {
        async messages(_, { before = Number.POSITIVE_INFINITY, after, limit }) {
          await held
          if (away > 0 && away-- > 0) throw new ServerAway('It restarts.')
          if (after !== undefined) return messages.filter(({ seq }) => seq > after).slice(0, limit)
          return messages
            .filter(({ seq }) => seq < before)
            .toReversed()
            .slice(0, limit)
        },
        async waitingDeliveries() {
          return messages
            .filter(({ deliveries: [delivery] }) => delivery?.state === 'queued')
            .map(({ channel_id, seq }) => ({ channel_id, seq, detail: null }))
        },
        deliver: async () => undefined,
      },
      state,
      directory: { me: { id: ME }, channels: [{ id: GENERAL }] },
      rows: { ofRetry: (id, { channel_id, seq }) => rowOf(id, { channel_id, seq }) },
      senders: { note: () => undefined },
      kept_ms: KEPT_MS,
      clock,
      random: () => 0,
      crash: () => undefined,
      onRow: (row) => rows.push(row),
      failed: (stage, error) => {
        throw new Error(stage, { cause: error })
      },
    },
    new AbortController().signal,
  )
}

const seqs = () => rows.map(({ seq }) => seq)

beforeEach(() => {
  held = undefined
  away = 0
})

// The clock of the bridge may be anywhere: only numbers of the server tell what was lost.
const CLOCKS = [-3_600_000, 0, 3_600_000].map((skew_ms) => SERVER_NOW_MS + skew_ms)

test.each(CLOCKS)('B54 what was lost is taken up in its order, with a clock at %d', async (now_ms) => {
  openAt(now_ms)
  has(4, 'working')
  await open.recover(new Map([[GENERAL, 3]]))
  expect(seqs()).toEqual([1, 2, 3])
})

test.each(CLOCKS)('B54 what comes by the stream is left to it, with a clock at %d', async (now_ms) => {
  openAt(now_ms)
  has(3)
  await open.recover(new Map([[GENERAL, 1]]))
  has(5)
  // The WebSocket tells of the fifth message before the stream brings the second one.
  open.look({ channel_id: GENERAL, seq: 5, detail: null })
  await settle()
  expect(seqs()).toEqual([1])
})

test('B54 a delivery that is told of during a recovery waits for it', async () => {
  openAt(SERVER_NOW_MS)
  has(4)
  const { promise, resolve } = Promise.withResolvers<void>()
  held = promise
  const recovered = open.recover(new Map([[GENERAL, 4]]))
  open.look({ channel_id: GENERAL, seq: 4, detail: null })
  await settle()
  resolve()
  await recovered
  await settle()
  expect(seqs()).toEqual([1, 2, 3, 4])
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4].map((seq) => messageRowId(GENERAL, seq)))
})

test('B54 what is at work by an earlier life comes before what waits', async () => {
  openAt(SERVER_NOW_MS)
  has(3)
  messages[0]!.deliveries[0]!.state = 'working'
  await open.recover(new Map([[GENERAL, 3]]))
  expect(seqs()).toEqual([1, 2, 3])
})

test('B54 what waits from before the latest messages comes before them', async () => {
  openAt(SERVER_NOW_MS)
  has(203)
  await open.recover(new Map([[GENERAL, 203]]))
  expect(seqs()).toEqual(messages.map(({ seq }) => seq))
})

test('B54 a server that goes away during a recovery changes no order', async () => {
  openAt(SERVER_NOW_MS)
  has(3)
  away = 2
  const recovered = open.recover(new Map([[GENERAL, 3]]))
  await settle()
  open.look({ channel_id: GENERAL, seq: 3, detail: null })
  await clock.advance(120_000)
  await recovered
  await settle()
  expect(seqs()).toEqual([1, 2, 3])
})

test('B54 two recoveries come one after the other', async () => {
  openAt(SERVER_NOW_MS)
  has(3)
  const recoveries = [open.recover(new Map([[GENERAL, 1]])), open.recover(new Map([[GENERAL, 3]]))]
  open.look({ channel_id: GENERAL, seq: 3, detail: null })
  await Promise.all(recoveries)
  await settle()
  expect(seqs()).toEqual([1, 2, 3])
})
