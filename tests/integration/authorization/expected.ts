import { anybody, type Cells, type Members, members, people, type Row, refusal } from './callers.ts'

const OK = '200'
const CREATED = '201'
const DONE = '204'
const FORBIDDEN = refusal('FORBIDDEN')
const NOT_FOUND = refusal('NOT_FOUND')
const NO_CHANNEL = refusal('CHANNEL_NOT_FOUND')
const NO_TASK = refusal('TASK_NOT_FOUND')
const NO_SUB_AGENT = refusal('SUB_AGENT_NOT_FOUND')
const READ_ONLY = refusal('ORG_READ_ONLY')
const INVALID_TRANSITION = refusal('INVALID_TRANSITION')
const UNAUTHENTICATED = refusal('UNAUTHENTICATED')

const row = (operation: string, cells: Cells, about = ''): Row => ({ operation, about, cells })

/** An operation below an org: `in_org('GET /tasks', …)`. */
function in_org(short: string, cells: Members, about = ''): Row {
  const [method, path] = short.split(' ')
  const operation = `${method} /api/v1/orgs/{org_slug}${path}`
  return { operation, about, cells: members(operation, cells) }
}

/** For administrators; contributors are refused openly. */
const administrators = (administrator: Members['administrator']): Members => ({
  administrator,
  contributor: FORBIDDEN,
})

/** Of a project's channel: hidden from contributors that are not assigned. */
const in_project = (administrator: Members['administrator']): Members => ({
  administrator,
  outside_project: NO_CHANNEL,
  sub_agent: administrator,
})

/** Of the org-wide channel: no business of a sub-agent's. */
const org_wide = (administrator: Members['administrator']): Members => ({
  administrator,
  sub_agent: NO_CHANNEL,
})

const PROJECT_CHANNEL = 'a project’s channel'
const ORG_CHANNEL = 'an org-wide channel'
const OWN_TASK = 'the sub-agent’s task'
const OTHER_TASK = 'another task'

/**
 * Who may do what: every operation of the API document with what each caller is answered. It is what the product
 * promises, written down by hand; a test makes every cell a real request.
 */
export const EXPECTED: readonly Row[] = [
  row('GET /health', anybody(OK)),
  row('GET /ready', anybody(OK)),
  row('GET /version', anybody(OK)),
  row(
    'GET /metrics',
    {
      ...anybody(OK),
      outsider_agent: UNAUTHENTICATED,
      agent_unassigned: UNAUTHENTICATED,
      agent_assigned: UNAUTHENTICATED,
      sub_agent: UNAUTHENTICATED,
    },
    'from this machine; an API key is not the metrics token',
  ),

  row('GET /auth/providers', anybody(OK)),
  row('GET /auth/login', anybody(refusal('VALIDATION_FAILED')), 'of a provider that is not configured'),
  row('GET /auth/callback/{provider}', anybody('302'), 'that no browser asked for'),
  row('GET /auth/setup/{token}', anybody(refusal('ALREADY_SET_UP')), 'a server that is set up'),
  row('POST /auth/setup', anybody(refusal('ALREADY_SET_UP')), 'a server that is set up'),
  row('POST /auth/password', anybody(OK)),
  row('GET /auth/invites/{token}', anybody(OK)),
  row('POST /auth/invites/{token}/accept', anybody(OK)),
  row('GET /auth/sign-in-links/{token}', anybody(OK)),
  row('POST /auth/sign-in-links/{token}/accept', anybody(OK)),
  row('POST /auth/password-reset', anybody(INVALID_TRANSITION), 'on a server without a mail server'),
  row('POST /auth/email', people(INVALID_TRANSITION, UNAUTHENTICATED), 'on a server without a mail server'),
  row('GET /auth/email-links/{token}', anybody(OK)),
  row('POST /auth/email-links/{token}/accept', anybody(DONE)),
  row('POST /auth/second-factor/verify', anybody(refusal('INVALID_CREDENTIALS')), 'with a token of nobody'),
  row('GET /auth/second-factor', people(OK, UNAUTHENTICATED)),
  row('POST /auth/second-factor', people(CREATED, UNAUTHENTICATED)),
  row(
    'POST /auth/second-factor/confirm',
    people(refusal('INVALID_CREDENTIALS'), UNAUTHENTICATED),
    'with a wrong code',
  ),
  row('POST /auth/second-factor/recovery-codes', people(INVALID_TRANSITION, UNAUTHENTICATED), 'without one'),
  row('DELETE /auth/second-factor', people(INVALID_TRANSITION, UNAUTHENTICATED), 'without one'),
  row('POST /auth/passkeys/sign-in/options', anybody(OK)),
  row('POST /auth/passkeys/sign-in', anybody(refusal('INVALID_CREDENTIALS')), 'with an unknown one'),
  row('GET /auth/passkeys', people(OK, UNAUTHENTICATED)),
  row('POST /auth/passkeys/options', people(OK, UNAUTHENTICATED)),
  row(
    'POST /auth/passkeys',
    people(refusal('VALIDATION_FAILED'), UNAUTHENTICATED),
    'with an answer to nothing',
  ),
  row(
    'DELETE /auth/passkeys/{id}',
    people(refusal('PASSKEY_NOT_FOUND'), UNAUTHENTICATED),
    'somebody else’s passkey',
  ),
  row('GET /auth/password', people(OK, UNAUTHENTICATED)),
  row(
    'PUT /auth/password',
    people(refusal('INVALID_CREDENTIALS'), UNAUTHENTICATED),
    'with another’s password',
  ),
  row(
    'PUT /auth/password',
    people(refusal('VALIDATION_FAILED'), UNAUTHENTICATED),
    'as a first one beside a password',
  ),
  row('PUT /auth/picture', people(DONE, UNAUTHENTICATED)),
  row('PUT /auth/language', people(DONE, UNAUTHENTICATED)),
  row('DELETE /auth/picture', people(DONE, UNAUTHENTICATED)),
  row('POST /auth/refresh', people(OK, UNAUTHENTICATED)),
  row('POST /auth/logout', people(DONE, UNAUTHENTICATED)),
  row('GET /auth/me', people(OK, UNAUTHENTICATED)),
  row('GET /auth/sessions', people(OK, UNAUTHENTICATED)),
  row('DELETE /auth/sessions', people(DONE, UNAUTHENTICATED)),
  row('DELETE /auth/sessions/{id}', people(DONE, UNAUTHENTICATED), 'an own session'),
  row(
    'DELETE /auth/sessions/{id}',
    people(refusal('SESSION_NOT_FOUND'), UNAUTHENTICATED),
    'somebody else’s session',
  ),

  row('GET /auth/identities', people(OK, UNAUTHENTICATED)),
  row(
    'POST /auth/identities',
    people(refusal('VALIDATION_FAILED'), UNAUTHENTICATED),
    'at a provider that is not configured',
  ),
  row(
    'DELETE /auth/identities/{id}',
    people(refusal('IDENTITY_NOT_FOUND'), UNAUTHENTICATED),
    'somebody else’s identity',
  ),

  row('GET /api/v1/orgs', people(OK, OK, NOT_FOUND)),
  row('POST /api/v1/orgs', people(CREATED, FORBIDDEN, NOT_FOUND), 'on a multi-tenant server'),
  in_org('GET ', { administrator: OK }),
  in_org('PATCH ', administrators(OK)),
  in_org('DELETE ', { ...administrators(DONE), suspended: DONE, pending: INVALID_TRANSITION }),
  in_org('POST /restore', {
    ...administrators(INVALID_TRANSITION),
    suspended: INVALID_TRANSITION,
    pending: OK,
  }),
  in_org('POST /suspend', administrators(OK)),
  in_org('POST /resume', {
    ...administrators(INVALID_TRANSITION),
    suspended: OK,
    pending: INVALID_TRANSITION,
  }),

  in_org('GET /users', { administrator: OK }),
  in_org('POST /users', administrators(CREATED)),
  in_org('GET /users/{user_id}', { administrator: OK, sub_agent: OK }, '`me`'),
  in_org('GET /users/{user_id}', { administrator: OK, sub_agent: refusal('USER_NOT_FOUND') }, 'another'),
  in_org('GET /users/{user_id}/avatar', { administrator: OK }),
  in_org('PATCH /users/{user_id}', { administrator: OK }, 'own name and preferences'),
  in_org('PATCH /users/{user_id}', administrators(OK), 'own role'),
  in_org('PATCH /users/{user_id}', administrators(OK), 'another’s role'),
  in_org('PATCH /users/{user_id}', administrators(OK), 'another’s name'),
  in_org('PATCH /users/{user_id}', administrators(FORBIDDEN), 'another’s preferences'),
  in_org('PUT /users/me/commands', { administrator: FORBIDDEN, agent_unassigned: OK, agent_assigned: OK }),
  in_org('PUT /users/me/client', {
    administrator: FORBIDDEN,
    agent_unassigned: OK,
    agent_assigned: OK,
    sub_agent: FORBIDDEN,
  }),
  in_org('GET /users/me/deliveries', { administrator: FORBIDDEN, agent_unassigned: OK, agent_assigned: OK }),
  in_org('DELETE /users/{user_id}', administrators(DONE)),
  in_org('POST /users/{user_id}/invite', administrators(CREATED)),
  in_org('POST /users/{user_id}/sign-in-link', administrators(CREATED)),
  in_org('GET /users/{user_id}/api-keys', administrators(OK)),
  in_org('POST /users/{user_id}/api-keys/rotate', administrators(CREATED)),
  in_org('DELETE /users/{user_id}/api-keys', { ...administrators(DONE), read_only: DONE }),

  in_org('GET /scim-tokens', administrators(OK)),
  in_org('POST /scim-tokens', administrators(CREATED)),
  in_org('DELETE /scim-tokens/{scim_token_id}', { ...administrators(DONE), read_only: DONE }),

  in_org('GET /jobs', administrators(OK)),
  in_org('POST /jobs/{job}/retry', administrators(OK)),

  in_org('GET /projects', { administrator: OK, sub_agent: OK }),
  in_org('POST /projects', administrators(CREATED)),
  in_org('GET /projects/{project_id}', { administrator: OK, sub_agent: OK }),
  in_org(
    'GET /projects/{project_id}',
    { administrator: OK, sub_agent: refusal('PROJECT_NOT_FOUND') },
    'a project that is not the sub-agent’s task’s',
  ),
  in_org('PATCH /projects/{project_id}', { administrator: OK }),
  in_org('POST /projects/{project_id}/transition', { administrator: OK }),
  in_org('DELETE /projects/{project_id}', administrators(DONE)),
  in_org('GET /projects/{project_id}/users', { administrator: OK }),
  in_org('PUT /projects/{project_id}/users/{user_id}', { administrator: OK, outside_project: FORBIDDEN }),
  in_org('DELETE /projects/{project_id}/users/{user_id}', {
    administrator: DONE,
    outside_project: FORBIDDEN,
  }),

  in_org('GET /tasks', { administrator: OK, sub_agent: OK }),
  in_org('POST /tasks', { administrator: CREATED }),
  in_org('GET /tasks/{task_id}', { administrator: OK, sub_agent: OK }, OWN_TASK),
  in_org('GET /tasks/{task_id}', { administrator: OK, sub_agent: NO_TASK }, OTHER_TASK),
  in_org('PATCH /tasks/{task_id}', { administrator: OK }),
  in_org('POST /tasks/{task_id}/transition', { administrator: OK, sub_agent: OK }, OWN_TASK),
  in_org('POST /tasks/{task_id}/transition', { administrator: OK, sub_agent: NO_TASK }, OTHER_TASK),
  in_org('PUT /tasks/{task_id}/dependencies/{blocked_by_id}', { administrator: OK }),
  in_org('DELETE /tasks/{task_id}/dependencies/{blocked_by_id}', { administrator: DONE }),
  in_org('POST /tasks/{task_id}/evidence', { administrator: CREATED, sub_agent: CREATED }, OWN_TASK),
  in_org('POST /tasks/{task_id}/evidence', { administrator: CREATED, sub_agent: NO_TASK }, OTHER_TASK),
  in_org(
    'DELETE /tasks/{task_id}/evidence/{evidence_id}',
    { administrator: DONE, sub_agent: DONE },
    OWN_TASK,
  ),
  in_org(
    'DELETE /tasks/{task_id}/evidence/{evidence_id}',
    { administrator: DONE, sub_agent: NO_TASK },
    OTHER_TASK,
  ),

  in_org('GET /sub-agents', { administrator: OK }),
  in_org('POST /sub-agents', { administrator: CREATED }),
  in_org('GET /sub-agents/{sub_agent_id}', { administrator: OK, sub_agent: OK }, 'the sub-agent itself'),
  in_org('GET /sub-agents/{sub_agent_id}', { administrator: OK, sub_agent: NO_SUB_AGENT }, 'another'),
  in_org(
    'POST /sub-agents/{sub_agent_id}/key',
    { administrator: FORBIDDEN, agent_assigned: CREATED },
    'hosted by the assigned agent',
  ),
  in_org('POST /sub-agents/{sub_agent_id}/terminate', { administrator: OK }),
  in_org('POST /sub-agents/me/complete', { administrator: NO_SUB_AGENT, sub_agent: OK }),

  in_org('GET /channels', { administrator: OK, sub_agent: OK }),
  in_org('POST /channels', administrators(CREATED)),
  in_org('GET /channels/{channel_id}', in_project(OK), PROJECT_CHANNEL),
  in_org('GET /channels/{channel_id}', org_wide(OK), ORG_CHANNEL),
  in_org('PATCH /channels/{channel_id}', { administrator: OK, outside_project: NO_CHANNEL }, PROJECT_CHANNEL),
  in_org('PATCH /channels/{channel_id}', administrators(OK), ORG_CHANNEL),
  in_org('DELETE /channels/{channel_id}/loop-pause', administrators(DONE), PROJECT_CHANNEL),
  in_org('DELETE /channels/{channel_id}/loop-pause', administrators(DONE), ORG_CHANNEL),
  in_org('GET /channels/{channel_id}/commands', in_project(OK), PROJECT_CHANNEL),
  in_org('GET /channels/{channel_id}/commands', org_wide(OK), ORG_CHANNEL),
  in_org('GET /channels/{channel_id}/messages', in_project(OK), PROJECT_CHANNEL),
  in_org('GET /channels/{channel_id}/messages', org_wide(OK), ORG_CHANNEL),
  in_org('POST /channels/{channel_id}/messages', in_project(CREATED), PROJECT_CHANNEL),
  in_org('POST /channels/{channel_id}/messages', org_wide(CREATED), ORG_CHANNEL),
  in_org('PUT /channels/{channel_id}/read', { ...in_project(OK), read_only: OK }, PROJECT_CHANNEL),
  in_org('PUT /channels/{channel_id}/read', { ...org_wide(OK), read_only: OK }, ORG_CHANNEL),
  in_org('PUT /channels/{channel_id}/unread', { ...in_project(OK), read_only: OK }, PROJECT_CHANNEL),
  in_org('PUT /channels/{channel_id}/unread', { ...org_wide(OK), read_only: OK }, ORG_CHANNEL),
  in_org(
    'PUT /channels/{channel_id}/preferences',
    { administrator: OK, outside_project: NO_CHANNEL, read_only: OK },
    PROJECT_CHANNEL,
  ),
  in_org('PUT /channels/{channel_id}/preferences', { administrator: OK, read_only: OK }, ORG_CHANNEL),
  in_org(
    'POST /channels/{channel_id}/messages/{seq}/deliveries',
    {
      administrator: FORBIDDEN,
      outside_project: NO_CHANNEL,
      agent_assigned: OK,
      read_only: READ_ONLY,
    },
    PROJECT_CHANNEL,
  ),
  in_org(
    'POST /channels/{channel_id}/messages/{seq}/deliveries',
    { administrator: FORBIDDEN, agent_assigned: OK, agent_unassigned: OK, read_only: READ_ONLY },
    ORG_CHANNEL,
  ),
  in_org(
    'POST /channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry',
    { administrator: OK, outside_project: NO_CHANNEL, agent_assigned: FORBIDDEN },
    PROJECT_CHANNEL,
  ),
  in_org(
    'POST /channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry',
    { administrator: OK, agent_assigned: FORBIDDEN, agent_unassigned: FORBIDDEN },
    ORG_CHANNEL,
  ),
  in_org('GET /channels/ws', { administrator: '101', sub_agent: '101' }),

  in_org('GET /events', { administrator: OK, sub_agent: OK }),
  in_org('GET /events/stream', { administrator: OK, sub_agent: OK }),
  in_org('GET /search', { administrator: OK, sub_agent: OK }),
  in_org('GET /subscriptions', { administrator: OK, sub_agent: OK }),
  in_org('PUT /subscriptions', { administrator: OK, sub_agent: OK }),
  in_org('GET /notifications', { administrator: OK }),
  in_org('PUT /notifications/{notification_id}/read', { administrator: OK, read_only: OK }, 'one’s own'),
  in_org(
    'PUT /notifications/{notification_id}/read',
    { administrator: refusal('NOTIFICATION_NOT_FOUND'), read_only: refusal('NOTIFICATION_NOT_FOUND') },
    'another’s',
  ),
  in_org('GET /exports', administrators(OK)),
  in_org('POST /exports', { ...administrators(CREATED), read_only: CREATED }),
  in_org('GET /exports/{export_id}', administrators(OK)),
  in_org('GET /exports/{export_id}/download', administrators(OK)),
  in_org('POST /notifications/read-all', { administrator: OK, read_only: OK }),
  in_org('GET /emails', administrators(OK)),
  in_org('GET /emails/delivery', { administrator: OK }),
  in_org('POST /emails/{email_id}/resend', administrators(OK)),
  row('POST /unsubscribe', anybody(OK), 'with the token of a mail'),
]
