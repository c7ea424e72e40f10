import { describe, expect, test } from 'bun:test'
import type { ApiError } from '../../../src/contracts/errors.ts'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { aboutSubAgentEnd } from '../../../src/domain/notifications.ts'
import {
  checkActive,
  checkHost,
  checkModel,
  checkTaskRoom,
  endedSubAgent,
  mayReadInstructions,
  newSubAgent,
  subAgentName,
  tooManySubAgents,
  withEnded,
} from '../../../src/domain/sub-agents.ts'

const NOW = '2026-11-28T10:00:00.000Z'
const limits = DEFAULT_SETTINGS.agent_limits
const input = { task_id: 't1', model: 'fake-1' }
const made = { id: 's1', number: 7, created_by: 'jane', now: NOW }
const active = newSubAgent({ ...input, host_agent_id: 'forge' }, limits, made)

function thrown(run: () => unknown): ApiError {
  try {
    run()
  } catch (error) {
    return error as ApiError
  }
  throw new Error('nothing was thrown')
}

describe('a new sub-agent', () => {
  test('has the time of the request, else that of the settings', () => {
    expect(newSubAgent(input, limits, made)).toMatchObject({
      expires_at: '2026-11-28T10:30:00.000Z',
      seconds_remaining: 1800,
      host_agent_id: null,
      display_name: 'Sub-agent 7',
      ended_at: null,
    })
    expect(newSubAgent({ ...input, timeout_minutes: 5 }, limits, made).expires_at).toBe(
      '2026-11-28T10:05:00.000Z',
    )
  })

  test('is named by its number', () => {
    expect(subAgentName(1)).toBe('Sub-agent 1')
  })

  test('runs an allowed model; an empty list allows all', () => {
    expect(() => checkModel('anything', limits)).not.toThrow()
    const some = { ...limits, allowed_models: ['a', 'b'] }
    expect(() => checkModel('b', some)).not.toThrow()
    expect(thrown(() => checkModel('c', some)).details).toEqual([
      { path: '/model', message: 'Must be one of: a, b.' },
    ])
  })
})

describe('the end of a sub-agent', () => {
  test('has its time, no time left, and a summary only when there is one', () => {
    const end = '2026-11-28T10:12:00.000Z'
    expect(endedSubAgent(active, 'expired', end)).toEqual({
      ...active,
      status: 'expired',
      seconds_remaining: 0,
      ended_at: end,
    })
    expect(endedSubAgent(active, 'completed', end, 'Done.').summary).toBe('Done.')
  })

  test('replaces it in the list of its task', () => {
    const other = { ...active, id: 's2' }
    const ended = endedSubAgent(active, 'terminated', NOW)
    expect(withEnded([active, other], [ended])).toEqual([ended, other])
  })

  test('is shown with its task while it is among the latest', () => {
    const at = (n: number) => `2026-11-28T10:${String(n).padStart(2, '0')}:00.000Z`
    const past = Array.from({ length: LIMITS.task_ended_sub_agents_max }, (_, n) => ({
      ...endedSubAgent(active, 'expired', at(n)),
      id: `p${n}`,
    }))
    const running = { ...active, id: 'running' }
    const ended = endedSubAgent(active, 'terminated', at(59))
    const shown = withEnded([...past, active, running], [ended]).map(({ id }) => id)
    expect(shown).toEqual([...past.slice(1).map(({ id }) => id), 's1', 'running'])
  })

  test('is told to its creator, unless the creator ended it', () => {
    const ended = endedSubAgent(active, 'terminated', NOW)
    expect(aboutSubAgentEnd(ended, 'ana', 2)).toEqual([
      {
        event: 2,
        user_id: 'jane',
        type: 'sub_agent.ended',
        resource: { type: 'sub_agent', id: 's1', channel_id: null, seq: null },
        title: 'Your sub-agent (fake-1) was terminated',
      },
    ])
    expect(aboutSubAgentEnd(ended, 'jane', 2)).toEqual([])
  })

  test('refuses what needs an active one, and so does the end of its time', () => {
    expect(() => checkActive(active, NOW)).not.toThrow()
    expect(thrown(() => checkActive(endedSubAgent(active, 'completed', NOW), NOW)).details).toEqual({
      from: 'completed',
      allowed: [],
    })
    expect(thrown(() => checkActive(active, active.expires_at)).details).toMatchObject({ from: 'expired' })
  })
})

test('its key is for its host alone', () => {
  expect(() => checkHost(active, { id: 'forge' })).not.toThrow()
  expect(thrown(() => checkHost(active, { id: 'jane' })).errorCode).toBe('FORBIDDEN')
  const unhosted = { ...active, host_agent_id: null }
  expect(thrown(() => checkHost(unhosted, { id: null })).errorCode).toBe('FORBIDDEN')
})

test('its instructions are for those who gave them or carry them out, and for administrators', () => {
  const reads = (id: string | null, role: 'administrator' | 'contributor' | null = 'contributor') =>
    mayReadInstructions({ id, role }, active)
  expect([reads('jane'), reads('forge'), reads('s1', null), reads('ines', 'administrator')]).toEqual(
    Array(4).fill(true),
  )
  expect([reads('ana'), reads('s2', null), reads(null, null)]).toEqual([false, false, false])
  expect(mayReadInstructions({ id: null, role: null }, { ...active, host_agent_id: null })).toBe(false)
})

test('a task runs a bounded number of them', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ ...active, id: `a${n}` }))
  expect(() => checkTaskRoom({ sub_agents: many(LIMITS.task_sub_agents_max - 1) }, NOW)).not.toThrow()
  const refused = () => checkTaskRoom({ sub_agents: many(LIMITS.task_sub_agents_max) }, NOW)
  expect(thrown(refused)).toMatchObject({ errorCode: 'SUB_AGENT_LIMIT', retry_after_s: 1800 })
  const over = { sub_agents: many(LIMITS.task_sub_agents_max) }
  expect(() => checkTaskRoom(over, active.expires_at)).not.toThrow()
})

test('one too many is told when there is room: rounded up, a second at least', () => {
  const wait = (frees_at: string | undefined, max = 2) => tooManySubAgents(max, frees_at, NOW).retry_after_s
  expect(wait('2026-11-28T10:00:10.001Z')).toBe(11)
  expect(wait('2026-11-28T10:00:00.000Z')).toBe(1)
  expect(wait(undefined, 0)).toBe(3600)
})
