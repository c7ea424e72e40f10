import { expect, test } from 'bun:test'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { subscriptionsOf } from '../../src/agent/subscriptions.ts'

type Known = Parameters<typeof subscriptionsOf>[1]

const channel = (id: string, type: 'org_wide' | 'project') =>
  ({ id, name: id, topic: null, type, project_id: null }) as const
const known = (projects: number): Known => ({
  assigned: Array.from({ length: projects }, (_, n) => ({ id: `p${n}` })) as Known['assigned'],
  channels: [channel('general', 'org_wide'), channel('inner', 'project')],
})

test('B49 subscribed are the assigned projects and the channels of the org; all topics when those are too many or all wake', () => {
  expect(subscriptionsOf('mention', known(1))).toEqual({
    mode: 'topics',
    topics: [
      { topic_type: 'project', topic_id: 'p0' },
      { topic_type: 'channel', topic_id: 'general' },
    ],
  })
  expect(subscriptionsOf('all', known(1))).toEqual({ mode: 'all', topics: [] })
  expect(subscriptionsOf('project', known(LIMITS.topics_max))).toEqual({ mode: 'all', topics: [] })
})
