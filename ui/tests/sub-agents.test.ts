import { describe, expect, test } from 'bun:test'
import type { SubAgent } from '../../src/contracts/resources.ts'
import { noteServerTime, serverTime } from '../src/api/server-clock.ts'
import { initials } from '../src/components/base/identity.ts'
import {
  bySubAgentStanding,
  ofTask,
  spokenLeft,
  timeLeft,
  took,
} from '../src/components/sub-agents/sub-agent-rules.ts'
import { applyEvent } from '../src/realtime/apply-event.ts'
import { withSubAgent } from '../src/realtime/sub-agent-list.ts'
import { AGENT, event, ME, NOON, OTHER, task } from './support/samples.ts'

const MINUTE_MS = 60_000
const noon = Date.parse(NOON)
const at = (minutes: number) => new Date(noon + minutes * MINUTE_MS).toISOString()

function subAgent(change: Partial<SubAgent> = {}): SubAgent {
  return {
    ...{ id: OTHER, task_id: task(1).id, host_agent_id: AGENT, model: 'fake-1', display_name: 'Sub-agent 7' },
    ...{ status: 'active', created_by: ME, created_at: NOON, expires_at: at(30), seconds_remaining: 1_800 },
    ...{ summary: null, ended_at: null },
    ...change,
  }
}
const ended = subAgent({ status: 'completed', ended_at: at(9), summary: 'Done.' })

describe('the time of a sub-agent', () => {
  test('runs out evenly, warns in its last two minutes, and never goes below nothing', () => {
    expect(timeLeft(subAgent(), noon + 15 * MINUTE_MS)).toMatchObject({ share: 0.5, low: false })
    expect(timeLeft(subAgent(), noon + 29 * MINUTE_MS).low).toBe(true)
    expect(timeLeft(subAgent(), noon + 31 * MINUTE_MS)).toMatchObject({ left_ms: 0, share: 0 })
    expect(timeLeft(subAgent(), noon - MINUTE_MS).share).toBe(1)
  })

  test('is said in words that do not change each second', () => {
    const said = (minutes: number) => spokenLeft(timeLeft(subAgent(), noon + minutes * MINUTE_MS))
    expect(said(11.9)).toBe('18 minutes left of 30 minutes')
    expect(said(12.1)).toBe('18 minutes left of 30 minutes')
    expect(said(29.5)).toBe('less than a minute left of 30 minutes')
    expect(said(30)).toBe('no time left of 30 minutes')
  })

  test('that one took is told beside the time that it had', () => {
    expect(took(ended)).toBe('9 min of 30')
    expect(took(subAgent({ ended_at: at(0.2) }))).toBe('under 1 min of 30')
  })

  test('is that of the server: a clock that is off is corrected, the rounding of a date is not', () => {
    noteServerTime('Thu, 19 Nov 2026 12:00:10 GMT', Date.parse('2026-11-19T12:00:00.000Z'))
    expect(serverTime(0)).toBe(10_000)
    noteServerTime('Thu, 19 Nov 2026 12:00:11 GMT', Date.parse('2026-11-19T12:00:01.900Z'))
    expect(serverTime(0)).toBe(10_000)
    noteServerTime(null)
    noteServerTime('nonsense')
    expect(serverTime(0)).toBe(10_000)
    noteServerTime('Thu, 19 Nov 2026 12:00:00 GMT', Date.parse('2026-11-19T12:00:00.700Z'))
    expect(serverTime(0)).toBe(0)
  })
})

describe('the lists of sub-agents', () => {
  test('have what ends next on top, and of the others what ended last', () => {
    const [soon, late] = [subAgent({ id: AGENT, expires_at: at(5) }), subAgent()]
    const earlier = subAgent({ id: ME, status: 'expired', ended_at: at(1) })
    const lists = bySubAgentStanding([late, earlier, ended, soon])
    expect(lists).toEqual({ active: [soon, late], ended: [ended, earlier] })
  })

  test('of a task are those that it told, as they are now, and those that came since', () => {
    const other = subAgent({ id: AGENT, task_id: ME })
    const later = subAgent({ id: ME })
    expect(ofTask([subAgent()], undefined, task(1).id)).toEqual([subAgent()])
    expect(ofTask([subAgent()], [ended, later, other], task(1).id)).toEqual([ended, later])
  })

  test('follow events in any order and number: what has ended stays ended', () => {
    expect(withSubAgent([], subAgent())).toEqual([subAgent()])
    expect(withSubAgent([subAgent()], ended)).toEqual([ended])
    expect(withSubAgent([ended], subAgent())).toEqual([ended])
    const created = event('sub_agent.created', { sub_agent: subAgent(), project_ids: [] })
    const completed = event('sub_agent.completed', { sub_agent: ended })
    const after = (list: SubAgent[], ...events: Parameters<typeof applyEvent>[0][]) =>
      events
        .flatMap((one) => applyEvent(one, { user_id: ME, slug: 'fieldnote' }))
        .reduce((all, update) => (update.at === 'sub_agents' ? update.change(all) : all), list)
    expect(after([], created, created, completed, created)).toEqual([ended])
  })

  test('tell their numbers apart', () => {
    expect(initials({ type: 'sub_agent', display_name: 'Sub-agent 12' })).toBe('12')
    expect(initials({ type: 'sub_agent', display_name: 'repro-android' })).toBe('re')
  })
})
