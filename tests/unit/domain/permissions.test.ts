import { describe, expect, test } from 'bun:test'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { ACTIONS, type Action, authorize } from '../../../src/domain/access.ts'
import type { LogEvent } from '../../../src/domain/log-event.ts'
import { Permissions } from '../../../src/domain/permissions.ts'

const member = (
  user_id: string,
  role: 'administrator' | 'contributor',
  type: 'human' | 'agent' = 'human',
) => ({
  user_id,
  type,
  role,
  status: 'active' as const,
  username: user_id,
  display_name: user_id,
})

function fold() {
  return new Permissions({
    status: 'active',
    settings: DEFAULT_SETTINGS,
    members: [
      member('admin', 'administrator'),
      member('ana', 'contributor'),
      member('bot', 'contributor', 'agent'),
    ],
    project_users: [{ project_id: 'p1', user_id: 'ana' }],
    channels: [
      { id: 'general', name: 'general', type: 'org_wide', project_id: null },
      { id: 'c1', name: 'one', type: 'project', project_id: 'p1' },
      { id: 'c2', name: 'two', type: 'project', project_id: 'p2' },
    ],
    sub_agents: [{ id: 'sub', task_id: 't1', project_ids: ['p1'] }],
    ending_keys: [],
  })
}

const human = (id: string) => ({ kind: 'human' as const, id })
const event = (rest: Partial<LogEvent>): LogEvent => ({
  sequence: 1,
  type: 'task.updated',
  timestamp: '',
  actor: { id: null, type: 'system', display_name: '' },
  project_ids: [],
  task_id: null,
  channel_id: null,
  payload: {},
  subject_ids: [],
  ...rest,
})

describe('who may read a channel', () => {
  test('org-wide: every member; project: the assigned and administrators', () => {
    const p = fold()
    expect(p.readableChannels(human('admin')).map((c) => c.id)).toEqual(['general', 'c1', 'c2'])
    expect(p.readableChannels(human('ana')).map((c) => c.id)).toEqual(['general', 'c1'])
    expect(p.readableChannels({ kind: 'agent', id: 'bot' }).map((c) => c.id)).toEqual(['general'])
    expect(p.readableChannels({ kind: 'sub_agent', id: 'sub' }).map((c) => c.id)).toEqual(['c1'])
    expect(p.readableChannels(human('stranger'))).toEqual([])
  })

  test('a right is gained and lost with its event', () => {
    const p = fold()
    const project = (assigned_user_ids: string[]) => ({ project: { id: 'p2', assigned_user_ids } })
    p.apply({ type: 'project.user_assigned', payload: project(['ana']) })
    expect(p.mayReadChannel(human('ana'), 'c2')).toBe(true)
    p.apply({ type: 'project.user_unassigned', payload: project([]) })
    expect(p.mayReadChannel(human('ana'), 'c2')).toBe(false)
    p.apply({ type: 'user.removed', payload: { user: { id: 'ana' } } })
    expect(p.mayReadChannel(human('ana'), 'general')).toBe(false)
    p.apply({
      type: 'user.role_changed',
      payload: { user: { id: 'bot', ...member('bot', 'administrator', 'agent') } },
    })
    expect(p.mayReadChannel({ kind: 'agent', id: 'bot' }, 'c2')).toBe(true)
  })
})

describe('who may read an event', () => {
  test('messages: readers of the channel; security events: administrators and whom it is about', () => {
    const p = fold()
    const message = event({ type: 'message.created', channel_id: 'c2', project_ids: ['p2'] })
    expect([human('admin'), human('ana')].map((v) => p.mayReadEvent(v, message))).toEqual([true, false])
    const role = event({ type: 'user.role_changed', subject_ids: ['ana'] })
    expect(
      [human('admin'), human('ana'), { kind: 'agent' as const, id: 'bot' }].map((v) =>
        p.mayReadEvent(v, role),
      ),
    ).toEqual([true, true, false])
    expect(p.mayReadEvent(human('ana'), event({ project_ids: ['p2'], task_id: 't9' }))).toBe(true)
  })

  test('a sub-agent: its own task, its projects, nothing beside them', () => {
    const p = fold()
    const sub = { kind: 'sub_agent' as const, id: 'sub' }
    expect(p.mayReadEvent(sub, event({ task_id: 't1', project_ids: ['p1'] }))).toBe(true)
    expect(p.mayReadEvent(sub, event({ task_id: 't2', project_ids: ['p1'] }))).toBe(false)
    expect(p.mayReadEvent(sub, event({ type: 'project.updated', project_ids: ['p1'] }))).toBe(true)
    expect(p.mayReadEvent(sub, event({ type: 'project.updated', project_ids: ['p2'] }))).toBe(false)
    expect(p.mayReadEvent(sub, event({ type: 'user.created' }))).toBe(false)
  })
})

describe('the table of rights', () => {
  test('403 for a role that is too low, 404 for what a sub-agent must not know of', () => {
    expect(() => authorize('user.create', 'contributor', false)).toThrow(
      expect.objectContaining({ errorCode: 'FORBIDDEN' }),
    )
    expect(() => authorize('org.read', 'sub_agent', false)).toThrow(
      expect.objectContaining({ errorCode: 'NOT_FOUND' }),
    )
    expect(() => authorize('user.create', 'administrator', false)).not.toThrow()
  })

  test('a read-only org refuses every action that writes, and none that reads', () => {
    for (const [action, rule] of Object.entries(ACTIONS)) {
      const run = () => authorize(action as Action, 'administrator', true)
      if ('read_only' in rule) expect(run).not.toThrow()
      else expect(run).toThrow(expect.objectContaining({ errorCode: 'ORG_READ_ONLY' }))
    }
  })
})
