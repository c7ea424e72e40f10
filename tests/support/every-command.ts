import { newId } from '../../src/contracts/ids.ts'
import type { Principal } from '../../src/contracts/principal.ts'
import type {
  Channel,
  Evidence,
  Export,
  Project,
  ScimToken,
  SubAgent,
  Task,
  User,
} from '../../src/contracts/resources.ts'
import type { commandsOf } from './commands.ts'

type Org = Pick<Awaited<ReturnType<typeof commandsOf>>, 'org' | 'channel' | 'founder_id'>
/** Runs a command, as the founder unless somebody else is named. */
type Take = <Result>(command: string, input: unknown, principal?: Principal) => Promise<Result>

const key = () => ({ id: newId(), key_id: newId(), prefix: 'mc_live_x', bcrypt_hash: 'x', hmac: newId() })
const invite = () => ({
  id: newId(),
  token_hash: newId(),
  expires_at: new Date(Date.now() + 60_000).toISOString(),
})
const pullRequest = (n: number) => ({ type: 'pr_link', url: `https://github.com/a/b/pull/${n}` })

/** Every command of the registry at least once, with each kind of change that it makes. */
export async function everyCommand({ org, channel, founder_id }: Org, take: Take): Promise<void> {
  const random = await take<Channel>('channel.create', { name: 'random' })
  await take('channel.update', { id: random.id, patch: { name: 'chance', topic: 'Anything' } })
  await take('message.post', { channel_id: channel.id, content: 'Hello', content_hash: '' })
  const until = new Date(Date.now() + 60_000).toISOString()
  await take('channel.pause_loop', { channel_id: channel.id, messages: 8, until })
  await take('channel.resume_loop', { channel_id: channel.id, reason: 'time' })
  await take('security.record', {
    type: 'auth.login_success',
    actor: { id: founder_id, type: 'human', display_name: 'Founder' },
    payload: { user_id: founder_id, method: 'password' },
  })

  const agent = await take<User>('user.create_agent', {
    identifier: 'forge',
    display_name: 'Forge',
    role: 'contributor',
    user_id: newId(),
    key: key(),
  })
  const rotated = key()
  await take('key.rotate', { user_id: agent.id, key: rotated })
  await take('key.remind', { key_ids: [rotated.id] })
  await take('key.revoke', { user_id: agent.id })
  const letter = invite()
  const person = await take<User>('user.invite_human', {
    email: 'Tomasz@Example.com',
    display_name: 'Tomasz',
    role: 'contributor',
    user_id: newId(),
    invite: letter,
  })
  await take('user.invite_by_shell', {
    email: 'operator@example.com',
    display_name: 'Operator',
    role: 'administrator',
    user_id: newId(),
    invite: invite(),
  })
  const again = invite()
  await take('user.invite_again', { user_id: person.id, invite: again })
  await take('user.join', {
    user_id: person.id,
    invite_id: again.id,
    display_name: 'Tomasz N.',
    by: { password_hashes: ['$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA'] },
  })
  const stranger = await take<User>('user.invite_human', {
    email: 'una@example.com',
    display_name: 'Una',
    role: 'contributor',
    user_id: newId(),
    invite: invite(),
  })
  await take('user.adopt', { user_id: stranger.id, account_id: stranger.id, provider: 'oidc' })
  const link = invite()
  await take('user.link_sign_in', { user_id: person.id, link })
  await take('user.set_password', {
    user_id: person.id,
    link_id: link.id,
    password_hashes: ['$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$bmV3'],
    new_account_id: newId(),
  })
  await take('user.tell_account', { user_id: person.id })
  const token = await take<ScimToken>('scim_token.create', {
    id: newId(),
    name: 'Directory',
    prefix: 'mc_scim_0000000',
    token_hash: newId(),
  })
  await take('scim_token.revoke', { id: token.id })
  const names = { user_name: 'ula', external_id: null, formatted: null, given_name: null, family_name: null }
  const una = await take<User>('user.provision', {
    user_id: newId(),
    email: 'ula@example.com',
    display_name: 'Una',
    names,
    active: true,
    invite: invite(),
  })
  await take('user.set_roles', { administrators: [una.id], contributors: [] })
  for (const active of [false, true])
    await take('user.reprovision', { user_id: una.id, display_name: 'Una', names, active, invite: invite() })
  await take('user.set_commands', {
    user_id: agent.id,
    commands: [{ name: 'deploy', description: 'Ships.' }],
  })
  const client = { name: 'mc-bridge', version: '1.0.0', wake: 'mention', state: 'ready' }
  await take('user.set_client', {
    user_id: agent.id,
    client: { ...client, detail: null, gateway: { version: '2026.1.1', connected: true } },
  })
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
  const work = { task_id: task.id, model: 'fake-1', instructions: 'Do it.' }
  const spawn = (more: object) => take<SubAgent>('sub_agent.spawn', { ...work, id: newId(), ...more })
  for (let i = 0; i < 2; i++) await spawn({ task_id: second.id, key: key() })
  await take('task.transition', { id: second.id, to_status: 'complete' })
  await take('task.transition', { id: second.id, to_status: 'in-progress' })
  const evidence = await take<Evidence>('task.add_evidence', { id: task.id, ...pullRequest(3) })
  await take('task.remove_evidence', { id: task.id, evidence_id: evidence.id })
  const keyed = await spawn({ key: key(), timeout_minutes: 5 })
  await take('sub_agent.expire', { id: keyed.id })
  await take('sub_agent.terminate', { id: keyed.id, reason: 'Not needed.' })
  const hosted = await spawn({ host_agent_id: agent.id })
  const host = {
    kind: 'agent',
    id: agent.id,
    display_name: 'Forge',
    org_id: org.id,
    role: 'contributor',
  } as const
  await take('sub_agent.renew_key', { id: hosted.id, key: key() }, host)
  await take('sub_agent.renew_key', { id: hosted.id, key: key() }, host)
  const itself = { ...host, kind: 'sub_agent', id: hosted.id, role: null } as const
  await take('sub_agent.complete', { summary: 'Done.' }, itself)
  await take('task.archive', { ids: [blocker.id, second.id] })

  const { export: exported } = await take<{ export: Export }>('export.request', null)
  await take('export.request', null)
  await take('export.end', { id: exported.id, attempt: 1, error: 'No attempt has begun.' })

  await take('export.schedule', { due_at: new Date().toISOString(), destination: 'local' })

  await take('project.archive', { id: project.id })
  await take('user.unsubscribe', { user_id: person.id })
  await take('user.remove', { user_id: person.id })
  await take('org.update', { name: 'New name', settings: { deletion_grace_period_days: 9 } })
  await take('org.suspend', null)
  await take('org.resume', null)
  await take('org.delete', { confirm: org.slug })
  await take('org.restore', null)
}
