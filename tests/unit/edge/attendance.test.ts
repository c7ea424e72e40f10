import { describe, expect, test } from 'bun:test'
import { Attendance } from '../../../src/edge/attendance.ts'

const [ANA, FORGE] = ['ana', 'forge']
const NONE = { sse: 0, websocket: 0 }

describe('D9 the stay of a member at another node', () => {
  test('is known ahead of the report of that node, and the report confirms it', () => {
    const changed: string[] = []
    const attendance = new Attendance((user_id) => changed.push(user_id))
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'calling' }, 1_000)
    expect([attendance.isHere(FORGE), attendance.isCalling(FORGE), attendance.size]).toEqual([true, true, 0])
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'connected' }, 1_001)
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'connected' }, 1_002)
    expect([attendance.isHere(FORGE), attendance.isCalling(FORGE)]).toEqual([true, false])
    expect(changed).toEqual([FORGE, FORGE])
    // A report without names builds on one that is not known here.
    expect(attendance.reported('b', { version: 7, counts: NONE }, 1_003)).toBe(false)
    const members = { connected: [FORGE], calling: [] }
    expect(attendance.reported('b', { version: 7, counts: { sse: 1, websocket: 0 }, members }, 1_004)).toBe(
      true,
    )
    expect(changed).toEqual([FORGE, FORGE])
  })

  test('ends at once, and with the node', () => {
    const attendance = new Attendance(() => undefined)
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'away' }, 1_000)
    expect(attendance.absenceOf(FORGE)).toEqual({ since: null })
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'connected' }, 1_000)
    attendance.stayedElsewhere('c', { user_id: FORGE, is: 'calling' }, 1_000)
    attendance.stayedElsewhere('b', { user_id: FORGE, is: 'away' }, 2_000)
    expect(attendance.isCalling(FORGE)).toBe(true)
    attendance.stayedElsewhere('c', { user_id: FORGE, is: 'away' }, 3_000)
    expect(attendance.absenceOf(FORGE)).toEqual({ since: new Date(3_000).toISOString() })
    attendance.stayedElsewhere('c', { user_id: FORGE, is: 'connected' }, 4_000)
    attendance.expire(60_000)
    expect(attendance.isHere(FORGE)).toBe(false)
  })

  test('is told with each change here, and no other', () => {
    const told: string[] = []
    const attendance = new Attendance(
      () => undefined,
      undefined,
      (user_id, is) => told.push(`${user_id} ${is}`),
    )
    attendance.called(FORGE, 1_000)
    attendance.called(FORGE, 2_000)
    attendance.opened(FORGE)
    attendance.opened(FORGE)
    attendance.opened(ANA)
    attendance.closed(FORGE, 3_000)
    attendance.closed(FORGE, 4_000)
    expect(told).toEqual(['forge calling', 'forge connected', 'ana connected', 'forge away'])
  })
})
