import { describe, expect, test } from 'bun:test'
import type { ApiKey } from '../../src/contracts/resources.ts'
import { commandLine, keyStanding, openTasksByAssignee } from '../src/components/agents/agent-rules.ts'
import { AGENT, OTHER, task } from './support/samples.ts'

const NOW = Date.parse('2026-11-26T12:00:00.000Z')
const DAY_MS = 24 * 60 * 60_000
const days = (count: number) => new Date(NOW + count * DAY_MS).toISOString()

function key(rest: Partial<ApiKey> = {}): ApiKey {
  return {
    id: OTHER,
    prefix: 'mc_ak_live_2Rk',
    created_at: days(-10),
    last_used_at: null,
    expires_at: null,
    revoked_at: null,
    ...rest,
  }
}
const standing = (...keys: ApiKey[]) => keyStanding(keys, 90, NOW)

describe('the key of an agent', () => {
  test('is due some days after it was made', () => {
    expect(standing(key())).toEqual({ prefix: 'mc_ak_live_2Rk', note: 'rotates in 80 days', tone: 'plain' })
    expect(standing(key({ created_at: days(-89) })).note).toBe('rotates in 1 day')
    expect(standing(key({ created_at: days(-90) }))).toMatchObject({
      note: 'rotation is due',
      tone: 'attention',
    })
  })

  test('says how long a former one goes on', () => {
    const former = key({ prefix: 'mc_ak_live_old', created_at: days(-50), expires_at: days(0.1) })
    expect(standing(former, key())).toMatchObject({ prefix: 'mc_ak_live_2Rk', tone: 'attention' })
    expect(standing(former, key()).note).toStartWith('old key until ')
    expect(standing({ ...former, expires_at: days(-1) }, key()).note).toBe('rotates in 80 days')
  })

  test('is missing when each one is revoked or has ended', () => {
    const none = { prefix: undefined, note: 'no key that works', tone: 'attention' as const }
    expect(standing()).toEqual(none)
    expect(standing(key({ revoked_at: days(-1) }), key({ expires_at: days(-1) }))).toEqual(none)
  })
})

test('tasks of an agent: under way first, then by priority; complete ones are none', () => {
  const mine = { assignee_ids: [AGENT] }
  const tasks = [
    task(1, { ...mine, priority: 'critical' }),
    task(2, { ...mine, status: 'in-review' }),
    task(3, { ...mine, status: 'in-progress', priority: 'low' }),
    task(4, { ...mine, status: 'complete' }),
    task(5, { ...mine, priority: 'low' }),
    task(6),
  ]
  const titles = openTasksByAssignee(tasks)
    .get(AGENT)
    ?.map(({ title }) => title)
  expect(titles).toEqual(['task 3', 'task 2', 'task 1', 'task 5'])
})

test('commands as a line', () => {
  const commands = [
    { name: 'deploy', description: 'x' },
    { name: 'status', description: 'y' },
  ]
  expect(commandLine({ commands })).toBe('/deploy, /status')
  expect(commandLine({})).toBe('')
})
