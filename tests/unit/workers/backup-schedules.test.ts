import { expect, test } from 'bun:test'
import {
  type BackupSchedule,
  beginBackups,
  dueRun,
  SCHEDULES_AT_ONCE,
} from '../../../src/workers/backup-schedules.ts'

const NOW = Date.parse('2026-11-28T02:00:30.000Z')
const schedule = (changes: Partial<BackupSchedule> = {}): BackupSchedule => ({
  org_id: 'org',
  schedule_cron: '0 2 * * *',
  destination: 'local',
  time_zone: 'UTC',
  last_at: null,
  ...changes,
})
const due = (changes: Partial<BackupSchedule>) => {
  const at = dueRun(schedule(changes), NOW)
  return at === undefined ? undefined : new Date(at).toISOString()
}

test('a run is due once, and missed ones are made up for by one', () => {
  expect(due({ last_at: null })).toBe('2026-11-28T02:00:00.000Z')
  expect(due({ last_at: '2026-11-28T02:00:01.000Z' })).toBeUndefined()
  expect(due({ last_at: '2026-11-27T02:00:01.000Z' })).toBe('2026-11-28T02:00:00.000Z')
  expect(due({ last_at: '2026-11-20T02:00:01.000Z' })).toBe('2026-11-21T02:00:00.000Z')
  expect(due({ schedule_cron: '0 3 * * *', last_at: '2026-11-27T03:00:01.000Z' })).toBeUndefined()
  expect(due({ schedule_cron: '0 3 * * *', time_zone: 'Europe/Berlin' })).toBe('2026-11-28T02:00:00.000Z')
})

test('an organization has a backup an hour at the most', () => {
  expect(due({ schedule_cron: '0 * * * *', last_at: '2026-11-28T01:00:59.000Z' })).toBe(
    '2026-11-28T02:00:00.000Z',
  )
  expect(due({ schedule_cron: '* * * * *', last_at: '2026-11-28T01:30:01.000Z' })).toBeUndefined()
  expect(due({ schedule_cron: '* * * * *', last_at: '2026-11-28T01:00:01.000Z' })).toBe(
    '2026-11-28T02:00:00.000Z',
  )
})

test('all pages are read, and an org that fails holds up no other', async () => {
  const orgs = Array.from({ length: SCHEDULES_AT_ONCE + 3 }, (_, i) =>
    schedule({
      org_id: String(i).padStart(4, '0'),
      // A former version of the server may have taken what this one does not understand.
      ...(i === 1 ? { schedule_cron: 'nonsense' } : {}),
      ...(i === 3 ? { last_at: new Date(NOW).toISOString() } : {}),
    }),
  )
  const begun: string[] = []
  const failures: string[] = []
  await beginBackups({
    schedules: async (after, limit) =>
      orgs.filter(({ org_id }) => after === null || org_id > after).slice(0, limit),
    begin: async (org_id) => {
      if (org_id === '0002') throw new Error('away')
      begun.push(org_id)
    },
    now: () => NOW,
    stopping: () => false,
    failed: (stage) => failures.push(stage),
  })
  const expected = orgs.map(({ org_id }) => org_id).filter((id) => !['0001', '0002', '0003'].includes(id))
  expect(begun).toEqual(expected)
  expect(failures).toEqual(['begin the backup of 0001', 'begin the backup of 0002'])
})
