import { describe, expect, test } from 'bun:test'
import { Message, Project, SubAgent, Task } from '../../../src/contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { SUB_AGENT_STATUSES } from '../../../src/contracts/vocabulary.ts'
import {
  aboutAssignments,
  aboutExport,
  aboutMentions,
  aboutSubAgentEnd,
  aboutTransition,
  mayBeNotified,
} from '../../../src/domain/notifications.ts'
import { Permissions } from '../../../src/domain/permissions.ts'
import { sampleOf } from '../../support/samples.ts'

const member = (user_id: string, status: 'active' | 'deactivated' = 'active') => ({
  user_id,
  type: 'human' as const,
  role: 'contributor' as const,
  status,
  username: user_id,
  display_name: user_id,
})

const permissions = new Permissions({
  status: 'active',
  settings: DEFAULT_SETTINGS,
  members: [member('ana'), member('ben'), member('gus', 'deactivated')],
  project_users: [{ project_id: 'p1', user_id: 'ana' }],
  channels: [
    { id: 'general', name: 'general', topic: null, type: 'org_wide', project_id: null },
    { id: 'c1', name: 'one', topic: null, type: 'project', project_id: 'p1' },
  ],
  sub_agents: [],
  ending_keys: [],
})

const users = (notifications: readonly { user_id: string }[]) => notifications.map(({ user_id }) => user_id)

describe('T1 who is notified, each with its event', () => {
  test('T1 new assignees, each by its own event', () => {
    const task = sampleOf(Task, { title: 'Paint' })
    const made = aboutAssignments(task, ['ana', 'ben', 'gus'], 'ben', 1)
    expect(made.map(({ user_id, event }) => [user_id, event])).toEqual([
      ['ana', 1],
      ['gus', 3],
    ])
  })

  test('T1 an owner who is assigned, too, once', () => {
    const project = {
      ...sampleOf(Project),
      owner_id: 'ana',
      assigned_user_ids: ['ben', 'ana'],
    }
    expect(users(aboutTransition(project, null))).toEqual(['ana', 'ben'])
    expect(users(aboutTransition({ ...project, owner_id: null }, 'ben'))).toEqual(['ana'])
  })

  test('T1 the mentioned, but not the sender', () => {
    const sender = { id: 'ben', type: 'human' as const, display_name: 'Ben' }
    const message = { ...sampleOf(Message), sender, mentions: ['ana', 'ben'] }
    expect(users(aboutMentions(message))).toEqual(['ana'])
  })
})

test('T2 no former member, and nobody who may not read the message', () => {
  const about = (channel_id: string | null, type: 'message' | 'task' = 'message') => ({
    type,
    id: 'x',
    channel_id,
    seq: null,
  })
  const may = (user_id: string, resource: ReturnType<typeof about>) =>
    mayBeNotified(permissions, { user_id, resource })
  expect(['ana', 'ben', 'gus', 'nobody'].map((id) => may(id, about('general')))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(['ana', 'ben'].map((id) => may(id, about('c1')))).toEqual([true, false])
  expect(['ana', 'ben', 'gus'].map((id) => may(id, about(null, 'task')))).toEqual([true, true, false])
})

describe('T9 ends', () => {
  test('T9 of a sub-agent: its creator, in words for each ending, unless the creator ended it', () => {
    const ended = SUB_AGENT_STATUSES.map((status) =>
      aboutSubAgentEnd({ ...sampleOf(SubAgent), created_by: 'ana', status }, 'ben', 0),
    )
    expect(new Set(ended.map(([one]) => one?.title)).size).toBe(SUB_AGENT_STATUSES.length)
    expect(users(ended.flat())).toEqual(SUB_AGENT_STATUSES.map(() => 'ana'))
    const by_creator = aboutSubAgentEnd({ ...sampleOf(SubAgent), created_by: 'ana' }, 'ana', 0)
    expect(by_creator).toEqual([])
  })

  test('T9 of an export: who asked for it', () => {
    expect(aboutExport({ id: 'e' }, 'ana', 2)).toEqual([
      {
        event: 2,
        user_id: 'ana',
        type: 'export.ready',
        resource: { type: 'export', id: 'e', channel_id: null, seq: null },
        title: 'Your export is ready',
      },
    ])
  })
})
