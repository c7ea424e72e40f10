import { expect, test } from 'bun:test'
import { LastActivity } from '../../../src/workers/last-activity.ts'

function world(members_max?: number) {
  let now = 0
  const touched: [string, readonly string[]][] = []
  const failures: unknown[] = []
  const accounts = {
    async touch(org_id: string, user_ids: readonly string[]) {
      if (org_id === 'gone') throw new Error('no database')
      touched.push([org_id, user_ids])
    },
  }
  const activity = new LastActivity(
    accounts,
    (_stage, error) => failures.push(error),
    () => now,
    members_max,
  )
  return { activity, touched, failures, pass: (ms: number) => (now += ms) }
}

test('a member is written once a minute, together with the others of its org', () => {
  const { activity, touched, pass } = world()
  for (const user of ['a', 'b', 'a']) activity.note('org', user)
  activity.flush()
  expect(touched).toEqual([['org', ['a', 'b']]])
  pass(59_999)
  activity.note('org', 'a')
  activity.flush()
  expect(touched).toHaveLength(1)
  pass(1)
  activity.note('org', 'a')
  activity.flush()
  expect(touched[1]).toEqual(['org', ['a']])
})

test('the members that are kept are bounded; one that fell out is written again', () => {
  const { activity, touched } = world(2)
  for (const user of ['a', 'b', 'c']) activity.note('org', user)
  activity.flush()
  for (const user of ['c', 'a']) activity.note('org', user)
  activity.flush()
  expect(touched).toEqual([
    ['org', ['a', 'b', 'c']],
    ['org', ['a']],
  ])
})

test('a write that fails is reported', async () => {
  const { activity, failures } = world()
  activity.note('gone', 'a')
  activity.flush()
  await Bun.sleep(0)
  expect(failures).toHaveLength(1)
})
