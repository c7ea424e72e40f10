import { expect, test } from 'bun:test'
import { postRefusal } from '../../../src/commands/post-refusal.ts'
import type { MessagePost, PostRefusal } from '../../../src/contracts/commands.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import type { Job } from '../../../src/domain/job.ts'
import type { Member } from '../../../src/domain/permission-snapshot.ts'
import { Permissions } from '../../../src/domain/permissions.ts'

const member = (user_id: string, role: Member['role']): Member => ({
  user_id,
  type: 'human',
  role,
  status: 'active',
  username: user_id,
  display_name: user_id,
})

const permissions = (status: 'active' | 'suspended' = 'active') =>
  new Permissions({
    status,
    settings: DEFAULT_SETTINGS,
    members: [member('ana', 'contributor'), member('ines', 'administrator')],
    project_users: [],
    channels: [{ id: 'secret', name: 'secret', topic: null, type: 'project', project_id: 'p' }],
    sub_agents: [],
    ending_keys: [{ id: 'ended', ends_at: '2026-01-01T00:00:00.000Z' }],
  })

const REFUSAL: PostRefusal = { code: 'RATE_LIMITED', message: 'Slower.', retry_after_s: 1 }

function job(
  who: string,
  input: Partial<MessagePost> = {},
  rest: Pick<Job<'message.post'>, 'retry' | 'idempotency'> = {},
  status?: 'suspended',
): Job<'message.post'> {
  return {
    command_id: 'c',
    command: 'message.post',
    input: { channel_id: 'secret', content: 'Hello', content_hash: '', ...input },
    principal: { kind: 'human', id: who, display_name: who, org_id: 'o', role: 'contributor' },
    permissions: permissions(status),
    ...rest,
  }
}

const codeOf = (of: Job) => postRefusal(of, Date.parse('2026-02-01'))?.errorCode

test.each([
  ['of somebody who may not read the channel', job('ana'), 'CHANNEL_NOT_FOUND'],
  ['of nobody', job('otto'), 'ORG_NOT_FOUND'],
  ['in a read-only org', job('ines', {}, {}, 'suspended'), 'ORG_READ_ONLY'],
  ['over the rate', job('ines', { refusal: REFUSAL }), 'RATE_LIMITED'],
])('K5 a message %s is refused by the permissions alone', (_, refused, code) => {
  expect(String(codeOf(refused))).toBe(code)
})

test.each([
  ['a message that may be stored', job('ines')],
  ['a message over the rate that may repeat a stored one', job('ines', { refusal: REFUSAL, client_id: 'x' })],
  ['a retry, which may have been stored', job('ana', {}, { retry: true })],
  [
    'a request with a key, which may have been answered',
    job('ana', {}, { idempotency: { route: 'r', key: 'k', fingerprint: 'f' } }),
  ],
  ['another command', { ...job('ana'), command: 'channel.create', input: { name: 'x' } } as const],
])('K5 %s goes to the lane', (_, accepted) => {
  expect(codeOf(accepted)).toBeUndefined()
})
