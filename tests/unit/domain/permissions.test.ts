import { describe, expect, test } from 'bun:test'
import { Channel, Project, User } from '../../../src/contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import type { EventType, Role } from '../../../src/contracts/vocabulary.ts'
import { ACTIONS, type Action, authorize } from '../../../src/domain/access.ts'
import type { EventAudience } from '../../../src/domain/log-event.ts'
import type { PermissionSnapshot } from '../../../src/domain/permission-snapshot.ts'
import { Permissions } from '../../../src/domain/permissions.ts'
import { sampleOf } from '../../support/samples.ts'

const uuid = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const [ADMIN, ANA, BOT, P1, P2, C1] = [uuid(1), uuid(2), uuid(3), uuid(4), uuid(5), uuid(6)]

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
  return new Permissions(SNAPSHOT)
}

const SNAPSHOT: PermissionSnapshot = {
  status: 'active',
  settings: DEFAULT_SETTINGS,
  members: [member(ADMIN, 'administrator'), member(ANA, 'contributor'), member(BOT, 'contributor', 'agent')],
  project_users: [{ project_id: P1, user_id: ANA }],
  channels: [
    { id: 'general', name: 'general', topic: null, type: 'org_wide', project_id: null },
    { id: C1, name: 'one', topic: null, type: 'project', project_id: P1 },
    { id: 'c2', name: 'two', topic: null, type: 'project', project_id: P2 },
  ],
  sub_agents: [{ id: 'sub', task_id: 't1', display_name: 'Sub-agent 1', project_ids: [P1] }],
  ending_keys: [],
}

const human = (id: string) => ({ kind: 'human' as const, id })
const event = (type: EventType, place: Partial<EventAudience> = {}): EventAudience => ({
  type,
  project_ids: [],
  task_id: null,
  channel_id: null,
  subject_ids: [],
  ...place,
})

describe('who may read a channel', () => {
  test('org-wide: every member; project: the assigned and administrators', () => {
    const p = fold()
    expect(p.readableChannels(human(ADMIN)).map((c) => c.id)).toEqual(['general', C1, 'c2'])
    expect(p.readableChannels(human(ANA)).map((c) => c.id)).toEqual(['general', C1])
    expect(p.readableChannels({ kind: 'agent', id: BOT }).map((c) => c.id)).toEqual(['general'])
    expect(p.readableChannels({ kind: 'sub_agent', id: 'sub' }).map((c) => c.id)).toEqual([C1])
    expect(p.readableChannels(human('stranger'))).toEqual([])
  })

  test('a right is gained and lost with its event', () => {
    const p = fold()
    const payload = (assigned_user_ids: string[]) => ({
      project: sampleOf(Project, { id: P2, assigned_user_ids }),
      user_id: ANA,
    })
    p.apply({ type: 'project.user_assigned', payload: payload([ANA]) })
    expect(p.mayReadChannel(human(ANA), 'c2')).toBe(true)
    p.apply({ type: 'project.user_unassigned', payload: payload([]) })
    expect(p.mayReadChannel(human(ANA), 'c2')).toBe(false)
    p.apply({ type: 'user.removed', payload: { user: sampleOf(User, { id: ANA }) } })
    expect(p.mayReadChannel(human(ANA), 'general')).toBe(false)
    const promoted = sampleOf(User, { id: BOT, type: 'agent', role: 'administrator' })
    p.apply({
      type: 'user.role_changed',
      payload: { user: promoted, from_role: 'contributor', to_role: 'administrator' },
    })
    expect(p.mayReadChannel({ kind: 'agent', id: BOT }, 'c2')).toBe(true)
  })

  test('a renamed channel keeps its readers', () => {
    const p = fold()
    const renamed = sampleOf(Channel, { id: C1, name: 'renamed', type: 'project', project_id: P1 })
    p.apply({ type: 'channel.updated', payload: { channel: renamed } })
    expect(p.channels.get(C1)?.name).toBe('renamed')
    expect(p.readableChannels(human(ANA)).map((c) => c.id)).toEqual(['general', C1])
  })
})

describe('who may read an event', () => {
  test('messages: readers of the channel; security events: administrators and whom it is about', () => {
    const p = fold()
    const message = event('message.created', { channel_id: 'c2', project_ids: [P2] })
    expect([human(ADMIN), human(ANA)].map((v) => p.mayReadEvent(v, message))).toEqual([true, false])
    const role = event('user.role_changed', { subject_ids: [ANA] })
    expect(
      [human(ADMIN), human(ANA), { kind: 'agent' as const, id: BOT }].map((v) => p.mayReadEvent(v, role)),
    ).toEqual([true, true, false])
    expect(p.mayReadEvent(human(ANA), event('task.updated', { project_ids: [P2], task_id: 't9' }))).toBe(true)
  })

  test('a sub-agent: its own task, its projects, nothing beside them', () => {
    const p = fold()
    const sub = { kind: 'sub_agent' as const, id: 'sub' }
    expect(p.mayReadEvent(sub, event('task.updated', { task_id: 't1', project_ids: [P1] }))).toBe(true)
    expect(p.mayReadEvent(sub, event('task.updated', { task_id: 't2', project_ids: [P1] }))).toBe(false)
    expect(p.mayReadEvent(sub, event('project.updated', { project_ids: [P1] }))).toBe(true)
    expect(p.mayReadEvent(sub, event('project.updated', { project_ids: [P2] }))).toBe(false)
    expect(p.mayReadEvent(sub, event('user.created'))).toBe(false)
  })
})

describe('the table of rights', () => {
  const as = (role: Role) => ({ kind: 'human' as const, role })
  const SUB_AGENT = { kind: 'sub_agent' as const, role: null }

  test('403 for a role that is too low, 404 for what a sub-agent must not know of', () => {
    expect(() => authorize('user.create', as('contributor'), false)).toThrow(
      expect.objectContaining({ errorCode: 'FORBIDDEN' }),
    )
    expect(() => authorize('org.read', SUB_AGENT, false)).toThrow(
      expect.objectContaining({ errorCode: 'NOT_FOUND' }),
    )
    expect(() => authorize('user.create', as('administrator'), false)).not.toThrow()
  })

  test('a read-only org refuses every action that writes, and none that reads', () => {
    for (const [action, rule] of Object.entries(ACTIONS)) {
      const run = () => authorize(action as Action, as('administrator'), true)
      if ('read_only' in rule) expect(run).not.toThrow()
      else expect(run).toThrow(expect.objectContaining({ errorCode: 'ORG_READ_ONLY' }))
    }
  })
})

test('R41 permissions that start anew from a snapshot are those of the snapshot, and of nothing before', () => {
  const permissions = fold()
  const version = permissions.members_version
  const { members, channels, ...rest } = SNAPSHOT
  permissions.reset({
    ...rest,
    status: 'suspended',
    members: [{ ...member(ADMIN, 'contributor'), username: 'new', display_name: 'New' }],
    channels: channels.slice(0, 1),
    project_users: [],
    sub_agents: [],
    ending_keys: [{ id: 'k', ends_at: '2020-01-01T00:00:00Z' }],
  })
  expect([...permissions.members.keys(), ...permissions.channels.keys()]).toEqual([ADMIN, 'general'])
  expect(permissions.member(ADMIN)?.role).toBe('contributor')
  expect([permissions.readOnly, permissions.scope('sub'), permissions.keyEnded('k', Date.now())]).toEqual([
    true,
    undefined,
    true,
  ])
  expect([permissions.idOfUsername(ADMIN), permissions.idOfUsername('new')]).toEqual([undefined, ADMIN])
  expect([permissions.member_names.has(ADMIN), permissions.member_names.has('New')]).toEqual([false, true])
  expect([permissions.channel_names.has('two'), permissions.isAssigned(P1, ANA)]).toEqual([false, false])
  expect([...permissions.project_ids]).toEqual([])
  expect(permissions.members_version).toBeGreaterThan(version)
  expect(members).toHaveLength(3)
})
