import { afterAll, beforeAll, expect, test } from 'bun:test'
import { COMMANDS } from '../../../src/commands/registry.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Evidence, Project, Task, User } from '../../../src/contracts/resources.ts'
import { findProject } from '../../../src/db/queries/projects.ts'
import { findTask } from '../../../src/db/queries/tasks.ts'
import { findUser } from '../../../src/db/queries/users.ts'
import { commandsOf } from '../../support/commands.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(async () => {
  await db.stop()
})

/** Round trips while the head row is locked; the closing statement and COMMIT are two of them. */
const ROUND_TRIPS: Record<string, number> = {
  'channel.create': 3,
  'channel.pause_loop': 2,
  'channel.resume_loop': 2,
  'key.revoke': 3,
  'key.rotate': 4,
  'message.post': 3,
  'org.delete': 4,
  'org.restore': 4,
  'org.resume': 4,
  'org.suspend': 4,
  'org.update': 4,
  'project.archive': 4,
  'project.assign': 4,
  'project.create': 5,
  'project.transition': 4,
  'project.unassign': 4,
  'project.update': 6,
  'security.record': 2,
  'task.add_dependency': 5,
  'task.add_evidence': 3,
  'task.archive': 4,
  'task.create': 3,
  'task.remove_dependency': 4,
  'task.remove_evidence': 4,
  'task.transition': 3,
  'task.update': 4,
  'user.create_agent': 6,
  'user.invite_human': 6,
  'user.join': 6,
  'user.remove': 7,
  'user.update': 4,
}

const key = () => ({ id: newId(), key_id: newId(), prefix: 'mc_live_x', bcrypt_hash: 'x', hmac: newId() })
const invite = () => ({
  id: newId(),
  token_hash: newId(),
  expires_at: new Date(Date.now() + 60_000).toISOString(),
})
const pullRequest = (n: number) => ({ type: 'pr_link', url: `https://github.com/a/b/pull/${n}` })

test('K1 each command takes its number of round trips while the head row is locked, K2 and answers what a read would', async () => {
  const { org, channel, founder_id, run, close } = await commandsOf(db)
  const spent = new Map<string, number>()
  const wrong: string[] = []

  async function same(what: string, found: unknown, claimed: unknown): Promise<void> {
    if (!Bun.deepEquals(found, claimed))
      wrong.push(`${what}: ${JSON.stringify(claimed)} is stored as ${JSON.stringify(found)}`)
  }
  /** Runs a command; compares its answer and the last state that its events claim of each resource with the database. */
  async function take<Result>(command: string, input: unknown): Promise<Result> {
    const { done, round_trips } = await run(command, input)
    spent.set(command, Math.max(spent.get(command) ?? 0, round_trips))
    for (const { type, payload } of done.events) {
      const { task, project, user } = payload as { task?: Task; project?: Project; user?: User }
      if (task) await same(type, await findTask(db.database, org.id, task.id), task)
      if (project) await same(type, await findProject(db.database, org.id, project.id), project)
      if (user && type !== 'user.removed')
        await same(type, await findUser(db.database, org.id, user.id), user)
    }
    return done.reply.result as Result
  }

  await take('channel.create', { name: 'random' })
  await take('message.post', { channel_id: channel.id, content: 'Hello', content_hash: '' })
  const until = new Date(Date.now() + 60_000).toISOString()
  await take('channel.pause_loop', { channel_id: channel.id, messages: 8, until })
  await take('channel.resume_loop', { channel_id: channel.id, reason: 'time' })
  await take('security.record', {
    type: 'auth.login_success',
    user_id: founder_id,
    display_name: 'Founder',
    user_type: 'human',
    details: {},
  })

  const agent = await take<User>('user.create_agent', {
    identifier: 'forge',
    display_name: 'Forge',
    role: 'contributor',
    user_id: newId(),
    key: key(),
  })
  await take('key.rotate', { user_id: agent.id, key: key() })
  await take('key.revoke', { user_id: agent.id })
  const letter = invite()
  const person = await take<User>('user.invite_human', {
    email: 'Tomasz@Example.com',
    display_name: 'Tomasz',
    role: 'contributor',
    new_user_id: newId(),
    invite: letter,
  })
  await take('user.join', { user_id: person.id, invite_id: letter.id, display_name: 'Tomasz N.' })
  await take('user.update', { user_id: person.id, patch: { role: 'administrator', display_name: 'T.' } })

  const project = await take<Project>('project.create', {
    name: 'Uploads',
    type: 'software',
    links: [{ url: 'https://example.com', label: 'Plan' }],
    assigned_user_ids: [agent.id, founder_id],
  })
  await take('project.assign', { id: project.id, user_id: person.id })
  await take('project.unassign', { id: project.id, user_id: agent.id })
  await take('project.update', { id: project.id, patch: { name: 'Downloads', owner_id: agent.id } })
  await take('project.transition', { id: project.id, to_stage: 'poc' })
  const other = await take<Project>('project.create', { name: 'Other', type: 'docs', owner_id: person.id })

  const blocker = await take<Task>('task.create', { title: 'Blocker', required_evidence_types: ['pr_link'] })
  const second = await take<Task>('task.create', { title: 'Second' })
  const task = await take<Task>('task.create', {
    title: 'Resume uploads',
    project_ids: [project.id, other.id],
    assignee_ids: [person.id, agent.id],
    blocked_by_ids: [blocker.id],
  })
  expect(task.is_blocked).toBe(true)
  await take('task.update', {
    id: task.id,
    patch: { title: 'Resume', project_ids: [other.id], assignee_ids: [founder_id, agent.id, person.id] },
  })
  await take('task.update', { id: task.id, patch: { project_ids: [project.id], assignee_ids: [agent.id] } })
  await take('task.add_dependency', { id: task.id, blocked_by_id: second.id })
  await take('task.add_dependency', { id: second.id, blocked_by_id: blocker.id })
  await take('task.transition', {
    id: blocker.id,
    to_status: 'complete',
    comment: 'Done.',
    evidence: [pullRequest(1), pullRequest(2)],
  })
  await take('task.remove_dependency', { id: task.id, blocked_by_id: second.id })
  await take('task.add_dependency', { id: task.id, blocked_by_id: second.id })
  await take('task.transition', { id: second.id, to_status: 'complete' })
  await take('task.transition', { id: second.id, to_status: 'in-progress' })
  const evidence = await take<Evidence>('task.add_evidence', { id: task.id, ...pullRequest(3) })
  await take('task.remove_evidence', { id: task.id, evidence_id: evidence.id })
  await take('task.archive', { ids: [blocker.id, second.id] })

  await take('project.archive', { id: project.id })
  await take('user.remove', { user_id: person.id })
  await take('org.update', { name: 'New name', settings: { deletion_grace_period_days: 9 } })
  await take('org.suspend', null)
  await take('org.resume', null)
  await take('org.delete', { confirm: org.slug })
  await take('org.restore', null)
  await close()

  expect(wrong).toEqual([])
  expect(Object.fromEntries([...spent].sort())).toEqual(ROUND_TRIPS)
  expect([...COMMANDS.keys()].sort()).toEqual(Object.keys(ROUND_TRIPS))
}, 60_000)
