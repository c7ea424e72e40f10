import { describe, expect, test } from 'bun:test'
import {
  EMPTY_LOG,
  hiddenLog,
  KEPT_AROUND,
  LOG_AT_END_MAX,
  LOG_HIDDEN_MAX,
  LOG_MAX,
  lastSeq,
  logAround,
  logFromNewest,
  type MessageLog,
  shownLog,
  withArrival,
  withDelivery,
  withFreshTail,
  withNewer,
  withOlder,
} from '../src/realtime/message-log.ts'
import { AGENT, message, NOON } from './support/samples.ts'

const seqs = (log: MessageLog) => log.messages.map(({ seq }) => seq)
const page = (from: number, to: number, next_cursor: string | null = null) => ({
  data: Array.from({ length: to - from + 1 }, (_, at) => message(to - at)),
  next_cursor,
})

describe('the log of a channel', () => {
  test('turns the newest page around and knows whether more lies before it', () => {
    const log = logFromNewest(page(4, 6, 'before.4'))
    expect(seqs(log)).toEqual([4, 5, 6])
    expect(log.has_older).toBe(true)
    expect(logFromNewest(page(1, 2)).has_older).toBe(false)
  })

  test('appends the message that follows', () => {
    const { log, arrival } = withArrival(logFromNewest(page(1, 3)), message(4))
    expect(arrival).toBe('appended')
    expect(seqs(log)).toEqual([1, 2, 3, 4])
  })

  test('takes the same message once, whoever brings it', () => {
    const first = withArrival(EMPTY_LOG, message(1))
    const again = withArrival(first.log, message(1))
    expect(again.arrival).toBe('known')
    expect(again.log).toBe(first.log)
  })

  test('never shows a message behind a hole', () => {
    const log = logFromNewest(page(1, 3))
    const { log: after, arrival } = withArrival(log, message(5))
    expect(arrival).toBe('gap')
    expect(after).toBe(log)
  })

  test('keeps live messages away from a window in the past', () => {
    const log = logAround(page(10, 14), 90)
    expect(log.has_newer).toBe(true)
    expect(withArrival(log, message(91)).arrival).toBe('detached')
    expect(withArrival(log, message(15)).arrival).toBe('detached')
  })

  test('joins older and newer pages without a repeat', () => {
    let log = logAround(page(10, 12), 20)
    log = withOlder(log, page(8, 10, 'before.8'))
    log = withNewer(log, page(12, 15, 'after.15'))
    expect(seqs(log)).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    expect(log).toMatchObject({ has_older: true, has_newer: true })
  })

  test('leaves out a page that does not touch the log', () => {
    const log = logFromNewest(page(10, 12, 'before.10'))
    expect(seqs(withOlder(log, page(1, 5)))).toEqual([10, 11, 12])
    expect(seqs(withNewer(log, page(20, 22)))).toEqual([10, 11, 12])
  })

  test('read again, it keeps what is older and takes what is newer', () => {
    const held = withOlder(logFromNewest(page(4, 6, 'before.4')), page(2, 3, 'before.2'))
    const fresh = logFromNewest(page(5, 9, 'before.5'))
    expect(seqs(withFreshTail(held, fresh))).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  })

  test('read again after a long absence, it starts anew instead of showing a hole', () => {
    const fresh = logFromNewest(page(50, 52, 'before.50'))
    expect(withFreshTail(logFromNewest(page(1, 3)), fresh)).toBe(fresh)
  })

  test('read again, it does not lose what arrived in the meantime', () => {
    const held = logFromNewest(page(1, 6))
    expect(lastSeq(withFreshTail(held, logFromNewest(page(1, 5))))).toBe(6)
  })

  test('notes a delivery on its message only', () => {
    const log = logFromNewest(page(1, 2))
    const delivery = { agent_id: AGENT, state: 'working' as const, detail: null, updated_at: NOON }
    const after = withDelivery(withDelivery(log, 2, delivery), 2, { ...delivery, state: 'answered' })
    expect(after.messages[1]?.deliveries).toEqual([{ ...delivery, state: 'answered' }])
    expect(after.messages[0]?.deliveries).toEqual([])
    expect(withDelivery(log, 9, delivery)).toBe(log)
  })
})

describe('a log has a bound', () => {
  const long = (count: number): MessageLog => ({
    messages: Array.from({ length: count }, (_, at) => message(at + 11)),
    has_older: false,
    has_newer: false,
  })

  test('where it is not shown: it keeps its end', () => {
    const kept = hiddenLog(long(1_000))
    expect(kept.messages).toHaveLength(LOG_HIDDEN_MAX + 1)
    expect([lastSeq(kept), kept.has_older, kept.has_newer]).toEqual([1_010, true, false])
    const short = long(LOG_HIDDEN_MAX)
    expect(hiddenLog(short)).toBe(short)
  })

  test('for a reader at the end: it keeps the newest messages, and takes the next one', () => {
    const at_bound = long(LOG_AT_END_MAX)
    expect(shownLog(at_bound, 4_000, true)).toBe(at_bound)
    const kept = shownLog(long(LOG_AT_END_MAX + 1), 4_000, true)
    expect(kept.messages).toHaveLength(KEPT_AROUND + 1)
    expect(kept.has_older).toBe(true)
    expect(withArrival(kept, message(lastSeq(kept) + 1)).arrival).toBe('appended')
  })

  test('for a reader above: it keeps the messages around the view on both sides', () => {
    const at_bound = long(LOG_MAX)
    expect(shownLog(at_bound, 6_000, false)).toBe(at_bound)
    const kept = shownLog(long(LOG_MAX + 1), 6_000, false)
    expect([seqs(kept)[0], lastSeq(kept)]).toEqual([6_000 - KEPT_AROUND, 6_000 + KEPT_AROUND])
    expect([kept.has_older, kept.has_newer]).toEqual([true, true])
    const first = shownLog(long(LOG_MAX + 1), 11, false)
    expect([seqs(first)[0], first.has_older, first.has_newer]).toEqual([11, false, true])
  })
})
