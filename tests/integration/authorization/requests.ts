import { signEmailLink } from '../../../src/auth/account-links.ts'
import { loadSecrets } from '../../../src/auth/secrets.ts'
import { signUnsubscribeLink } from '../../../src/auth/unsubscribe-links.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Org } from '../../../src/contracts/resources.ts'
import { join, PASSWORD } from '../../support/client.ts'
import { failedEmail } from '../../support/failed-email.ts'
import { failedJob } from '../../support/failed-job.ts'
import { GIF_1X1 } from '../../support/images.ts'
import { scimToken } from '../../support/scim-token.ts'
import {
  agent,
  asFreshSession,
  asFreshSubAgent,
  asNewAccountTwice,
  channel,
  dependency,
  failedDelivery,
  freshProject,
  freshSession,
  freshSubAgent,
  general,
  hostedSubAgent,
  inOwnOrg,
  invite,
  type Make,
  move,
  noneUnderWay,
  other_sub_agent,
  other_task,
  othersNotification,
  ownNotification,
  ownOrg,
  project,
  readyExport,
  type Setting,
  self,
  sending,
  sessionId,
  spawning,
  sub_agent,
  task,
  unique,
} from './arrange.ts'
import type { Row } from './callers.ts'
import { addEvidence, done } from './world.ts'

const nothing: Make = () => ({})
const named = () => ({ name: unique() })
const LINK = { type: 'pr_link', url: 'https://git.example.com/pulls/2' }
const MESSAGE = { content: 'Hello again' }
const CLIENT = {
  name: 'mc-bridge',
  version: '1.0.0',
  wake: 'mention',
  state: 'ready',
  detail: null,
  gateway: null,
}
const REPORT = { state: 'delivered' }

const inviteToken: Make = async ({ world }) => ({
  params: { token: (await invite(world.main.admin)).invite_url.split('/').at(-1) ?? '' },
})

const signInToken: Make = async ({ world }) => {
  const { admin } = world.main
  const member = await join(admin, unique())
  const { sign_in_url } = await done(
    admin.in<{ sign_in_url: string }>('POST', `/users/${member.user_id}/sign-in-link`),
  )
  return { params: { token: sign_in_url.split('/').at(-1) ?? '' } }
}

const emailToken: Make = async ({ world }) => {
  const { admin } = world.main
  const member = await join(admin, unique())
  const { user } = await done(member.call<{ user: { id: string; email: string } }>('GET', '/auth/me'))
  const [key] = loadSecrets({ data_dir: world.server.data_dir }).jwt
  if (!key) throw new Error('the server has a secret')
  const link = { account_id: user.id, former_email: user.email, email: `${unique()}@example.org` }
  return { params: { token: signEmailLink(key.secret, { ...link, issued_at: Date.now() }) } }
}

/** What each line of the table asks for, by {@link keyOf}. Paths start below the org. */
const IN_ORG: Record<string, Make> = {
  'GET ': nothing,
  'PATCH ': sending(nothing, named),
  'DELETE ': async (setting) => {
    const org_slug = await ownOrg(setting)
    return { params: { org_slug }, body: { confirm: org_slug } }
  },
  'POST /restore': inOwnOrg,
  'POST /suspend': inOwnOrg,
  'POST /resume': inOwnOrg,

  'GET /users': nothing,
  'POST /users': () => ({
    body: {
      type: 'human',
      email: `${unique()}@example.com`,
      display_name: unique(),
      role: 'contributor',
    },
  }),
  'GET /users/{user_id} `me`': self,
  'GET /users/{user_id} another': agent,
  'GET /users/{user_id}/avatar': async ({ place }) => {
    await done(place.admin.call('PUT', '/auth/picture', { image: GIF_1X1 }))
    return { params: { user_id: place.admin.user_id } }
  },
  'PUT /users/me/commands': sending(nothing, () => [{ name: 'deploy', description: 'Ships a branch.' }]),
  'PUT /users/me/client': sending(nothing, CLIENT),
  'GET /users/me/deliveries': nothing,
  'PATCH /users/{user_id} own name and preferences': sending(self, () => ({
    display_name: unique(),
    notification_preferences: { email: 'none' },
  })),
  'PATCH /users/{user_id} own role': sending(self, { role: 'administrator' }),
  'PATCH /users/{user_id} another’s role': sending(agent, { role: 'contributor' }),
  'PATCH /users/{user_id} another’s name': sending(agent, () => ({ display_name: unique() })),
  'PATCH /users/{user_id} another’s preferences': sending(agent, {
    notification_preferences: { email: 'none' },
  }),
  'DELETE /users/{user_id}': async ({ place, read_only }) => ({
    params: { user_id: read_only ? place.member_id : (await invite(place.admin)).id },
  }),
  'POST /users/{user_id}/invite': async ({ place, read_only }) => ({
    params: { user_id: read_only ? place.member_id : (await invite(place.admin)).id },
  }),
  'POST /users/{user_id}/sign-in-link': ({ world }) => ({
    params: { user_id: world.people.assigned?.user_id ?? '' },
  }),
  'GET /users/{user_id}/api-keys': agent,
  'POST /users/{user_id}/api-keys/rotate': agent,
  'DELETE /users/{user_id}/api-keys': agent,

  'GET /scim-tokens': nothing,
  'POST /scim-tokens': sending(nothing, named),
  'DELETE /scim-tokens/{scim_token_id}': async ({ world, place }) => ({
    params: { scim_token_id: await scimToken(world.server, place.slug, place.admin.user_id) },
  }),

  'GET /jobs': nothing,
  'POST /jobs/{job}/retry': async ({ world, place }) => ({
    params: { job: await failedJob(world.server, place.slug) },
  }),

  'GET /projects': nothing,
  'POST /projects': sending(nothing, () => ({ ...named(), type: 'docs' })),
  'GET /projects/{project_id}': project,
  'GET /projects/{project_id} a project that is not the sub-agent’s task’s': ({ place }) => ({
    params: { project_id: place.other_project_id },
  }),
  'PATCH /projects/{project_id}': sending(project, named),
  'POST /projects/{project_id}/transition': async (setting) => ({
    params: { project_id: await freshProject(setting) },
    body: { to_stage: 'poc' },
  }),
  'DELETE /projects/{project_id}': async (setting) => ({
    params: { project_id: await freshProject(setting) },
  }),
  'GET /projects/{project_id}/users': project,
  'PUT /projects/{project_id}/users/{user_id}': ({ place }) => ({
    params: { project_id: place.project_id, user_id: place.member_id },
  }),
  'DELETE /projects/{project_id}/users/{user_id}': async ({ place, read_only }) => {
    const params = { project_id: place.project_id, user_id: place.member_id }
    if (!read_only)
      await done(place.admin.in('PUT', `/projects/${place.project_id}/users/${place.member_id}`))
    return { params }
  },

  'GET /tasks': nothing,
  'POST /tasks': sending(nothing, { title: 'New' }),
  'GET /tasks/{task_id} the sub-agent’s task': task,
  'GET /tasks/{task_id} another task': other_task,
  'PATCH /tasks/{task_id}': sending(task, { title: 'The task' }),
  'POST /tasks/{task_id}/transition the sub-agent’s task': (setting) => move(setting, setting.place.task_id),
  'POST /tasks/{task_id}/transition another task': (setting) => move(setting, setting.place.other_task_id),
  'PUT /tasks/{task_id}/dependencies/{blocked_by_id}': (setting) => ({ params: dependency(setting) }),
  'DELETE /tasks/{task_id}/dependencies/{blocked_by_id}': async (setting) => {
    const { place, read_only } = setting
    const params = dependency(setting)
    if (!read_only)
      await done(place.admin.in('PUT', `/tasks/${params.task_id}/dependencies/${params.blocked_by_id}`))
    return { params }
  },
  'POST /tasks/{task_id}/evidence the sub-agent’s task': sending(task, LINK),
  'POST /tasks/{task_id}/evidence another task': sending(other_task, LINK),
  'DELETE /tasks/{task_id}/evidence/{evidence_id} the sub-agent’s task': async ({ place, read_only }) => ({
    params: {
      task_id: place.task_id,
      evidence_id: read_only ? place.evidence_id : await addEvidence(place.admin, place.task_id),
    },
  }),
  'DELETE /tasks/{task_id}/evidence/{evidence_id} another task': async ({ place, read_only }) => ({
    params: {
      task_id: place.other_task_id,
      evidence_id: read_only ? place.other_evidence_id : await addEvidence(place.admin, place.other_task_id),
    },
  }),

  'GET /sub-agents': nothing,
  'POST /sub-agents': sending(nothing, ({ place }: Setting) => spawning(place.task_id)),
  'GET /sub-agents/{sub_agent_id} the sub-agent itself': sub_agent,
  'GET /sub-agents/{sub_agent_id} another': other_sub_agent,
  'POST /sub-agents/{sub_agent_id}/key hosted by the assigned agent': hostedSubAgent,
  'POST /sub-agents/{sub_agent_id}/terminate': freshSubAgent,
  'POST /sub-agents/me/complete': sending(asFreshSubAgent, { summary: 'Done.' }),

  'GET /channels': nothing,
  'POST /channels': sending(nothing, named),
  'GET /channels/{channel_id} a project’s channel': channel,
  'GET /channels/{channel_id} an org-wide channel': general,
  'PATCH /channels/{channel_id} a project’s channel': sending(channel, { topic: 'Where it stands' }),
  'PATCH /channels/{channel_id} an org-wide channel': sending(general, { topic: 'For everybody' }),
  'DELETE /channels/{channel_id}/loop-pause a project’s channel': channel,
  'DELETE /channels/{channel_id}/loop-pause an org-wide channel': general,
  'GET /channels/{channel_id}/commands a project’s channel': channel,
  'GET /channels/{channel_id}/commands an org-wide channel': general,
  'GET /channels/{channel_id}/messages a project’s channel': channel,
  'GET /channels/{channel_id}/messages an org-wide channel': general,
  'POST /channels/{channel_id}/messages a project’s channel': sending(channel, MESSAGE),
  'POST /channels/{channel_id}/messages an org-wide channel': sending(general, MESSAGE),
  'PUT /channels/{channel_id}/read a project’s channel': sending(channel, { seq: 1 }),
  'PUT /channels/{channel_id}/read an org-wide channel': sending(general, { seq: 1 }),
  'PUT /channels/{channel_id}/unread a project’s channel': sending(channel, { seq: 1 }),
  'PUT /channels/{channel_id}/unread an org-wide channel': sending(general, { seq: 1 }),
  'PUT /channels/{channel_id}/preferences a project’s channel': sending(channel, { muted: false }),
  'PUT /channels/{channel_id}/preferences an org-wide channel': sending(general, { muted: false }),
  'POST /channels/{channel_id}/messages/{seq}/deliveries a project’s channel': sending(channel, REPORT),
  'POST /channels/{channel_id}/messages/{seq}/deliveries an org-wide channel': sending(general, REPORT),
  'POST /channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry a project’s channel':
    failedDelivery(channel),
  'POST /channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry an org-wide channel':
    failedDelivery(general),
  'GET /channels/ws': nothing,

  'GET /events': nothing,
  'GET /events/stream': nothing,
  'GET /search': () => ({ query: 'q=task' }),
  'GET /subscriptions': nothing,
  'PUT /subscriptions': sending(nothing, { mode: 'all', topics: [] }),
  'GET /notifications': nothing,
  'PUT /notifications/{notification_id}/read one’s own': ownNotification,
  'PUT /notifications/{notification_id}/read another’s': othersNotification,
  'GET /exports': nothing,
  'POST /exports': noneUnderWay,
  'GET /exports/{export_id}': readyExport,
  'GET /exports/{export_id}/download': readyExport,
  'POST /notifications/read-all': nothing,
  'GET /emails': nothing,
  'GET /emails/delivery': nothing,
  'POST /emails/{email_id}/resend': async ({ world, place }) => ({
    params: { email_id: await failedEmail(world.server, place.slug, place.admin.user_id) },
  }),
}

const ELSEWHERE: Record<string, Make> = {
  'GET /health': nothing,
  'GET /ready': nothing,
  'GET /version': nothing,
  'GET /metrics from this machine; an API key is not the metrics token': nothing,
  'GET /auth/providers': nothing,
  'GET /auth/login of a provider that is not configured': () => ({ query: 'provider=oidc' }),
  'GET /auth/callback/{provider} that no browser asked for': () => ({
    params: { provider: 'oidc' },
    query: 'code=x&state=y',
  }),
  'GET /auth/setup/{token} a server that is set up': ({ world }) => ({
    params: { token: world.server.setup_token },
  }),
  'POST /auth/setup a server that is set up': ({ world }) => ({
    body: {
      token: world.server.setup_token,
      name: 'Second',
      email: 'second@example.com',
      password: PASSWORD,
      org_name: 'Second',
      org_slug: 'second',
    },
  }),
  'POST /auth/password': sending(nothing, { email: 'una.signed@example.com', password: PASSWORD }),
  'GET /auth/invites/{token}': inviteToken,
  'POST /auth/invites/{token}/accept': sending(inviteToken, { password: PASSWORD }),
  'GET /auth/sign-in-links/{token}': signInToken,
  'POST /auth/sign-in-links/{token}/accept': sending(signInToken, { password: PASSWORD }),
  'POST /auth/password-reset on a server without a mail server': sending(nothing, {
    email: 'una.signed@example.com',
  }),
  'POST /auth/email on a server without a mail server': sending(nothing, {
    email: 'una.new@example.com',
    current_password: PASSWORD,
  }),
  'GET /auth/email-links/{token}': emailToken,
  'POST /auth/email-links/{token}/accept': sending(emailToken, { password: PASSWORD }),
  'POST /auth/second-factor/verify with a token of nobody': sending(nothing, { token: 'x', code: '123456' }),
  'GET /auth/second-factor': nothing,
  'POST /auth/second-factor': sending(nothing, { current_password: PASSWORD }),
  'POST /auth/second-factor/confirm with a wrong code': sending(nothing, { code: 'wrong' }),
  'POST /auth/second-factor/recovery-codes without one': sending(nothing, { current_password: PASSWORD }),
  'DELETE /auth/second-factor without one': sending(nothing, { current_password: PASSWORD, code: '123456' }),
  'POST /auth/passkeys/sign-in/options': nothing,
  'POST /auth/passkeys/sign-in with an unknown one': sending(nothing, {
    token: 'x',
    credential: { id: 'AA', client_data: 'AA', authenticator_data: 'AA', signature: 'AA' },
  }),
  'GET /auth/passkeys': nothing,
  'POST /auth/passkeys/options': sending(nothing, { current_password: PASSWORD }),
  'POST /auth/passkeys with an answer to nothing': sending(nothing, {
    token: 'x',
    name: 'Key',
    credential: { id: 'AA', client_data: 'AA', attestation: 'AA', transports: [] },
  }),
  'DELETE /auth/passkeys/{id} somebody else’s passkey': () => ({
    params: { id: crypto.randomUUID() },
    body: { current_password: PASSWORD },
  }),
  'GET /auth/password': nothing,
  'PUT /auth/password as a first one beside a password': sending(nothing, { new_password: PASSWORD }),
  'PUT /auth/password with another’s password': () => ({
    body: { current_password: 'not the password 1', new_password: PASSWORD },
  }),
  'POST /unsubscribe with the token of a mail': async ({ world }) => {
    const { admin } = world.main
    const { id: org_id } = await done(admin.in<Org>('GET', ''))
    const { pepper } = loadSecrets({ data_dir: world.server.data_dir })
    const token = signUnsubscribeLink(pepper, { org_id, user_id: admin.user_id })
    return { query: `token=${token}`, body: { 'List-Unsubscribe': 'One-Click' } }
  },
  'PUT /auth/language': sending(nothing, { language: 'de' }),
  'PUT /auth/picture': sending(nothing, { image: GIF_1X1 }),
  'DELETE /auth/picture': nothing,
  'POST /auth/refresh': asFreshSession,
  'POST /auth/logout': asFreshSession,
  'GET /auth/me': nothing,
  'GET /auth/sessions': nothing,
  'DELETE /auth/sessions': asNewAccountTwice,
  'DELETE /auth/sessions/{id} an own session': async (setting) => ({
    params: { id: await sessionId(await freshSession(setting)) },
  }),
  'DELETE /auth/sessions/{id} somebody else’s session': async ({ world }) => ({
    params: { id: await sessionId(world.other_session) },
  }),
  'GET /auth/identities': nothing,
  'POST /auth/identities at a provider that is not configured': () => ({ body: { provider: 'oidc' } }),
  'DELETE /auth/identities/{id} somebody else’s identity': () => ({ params: { id: newId() } }),
  'GET /api/v1/orgs': nothing,
  'POST /api/v1/orgs on a multi-tenant server': () => ({ body: { ...named(), slug: `org-${unique()}` } }),
}

const ORG = '/api/v1/orgs/{org_slug}'

export const REQUESTS: ReadonlyMap<string, Make> = new Map([
  ...Object.entries(ELSEWHERE),
  ...Object.entries(IN_ORG).map(([key, make]): [string, Make] => [key.replace(' ', ` ${ORG}`), make]),
])

/** What a line of the table is found by. */
export const keyOf = ({ operation, about }: Pick<Row, 'operation' | 'about'>): string =>
  about === '' ? operation : `${operation} ${about}`
