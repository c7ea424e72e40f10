import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import type { Role } from '../contracts/vocabulary.ts'
import { readUser } from '../db/queries/users.ts'
import { usernameFrom } from '../domain/messages.ts'
import type { Command, CommandContext } from './command.ts'

/** A new key as it is stored; the key itself never comes here. */
export interface NewKey {
  id: string
  key_id: string
  prefix: string
  bcrypt_hash: string
  hmac: string
}

export interface AgentCreateInput {
  identifier: string
  display_name: string
  role: Role
  user_id: string
  key: NewKey
}

export interface HumanInviteInput {
  email: string
  display_name: string
  role: Role
  /** Id of the account to make when there is none with this e-mail. */
  new_user_id: string
  invite: { id: string; token_hash: string; expires_at: string }
}

/** Adds an agent with its first key. */
export const agentCreate: Command<AgentCreateInput, User> = {
  name: 'user.create_agent',
  action: 'user.create',
  async run(context, input) {
    const { org_id, sql, now } = context
    const [taken] = await sql`
      select 1 from memberships where org_id = ${org_id} and identifier = ${input.identifier}`
    if (taken) throw new ApiError('ALREADY_MEMBER', 'There is an agent with this identifier already.')
    const username = await freeUsername(context, input.identifier)
    await context.write(sql`
      insert into users (id, type, email, display_name, status, created_at, updated_at)
      values (${input.user_id}, 'agent', null, ${input.display_name}, 'active', ${now}, ${now})`)
    await insertMember(context, { ...input, type: 'agent', username, status: 'active' })
    await context.write(insertKey(context, input.user_id, input.key))
    return created(context, input.user_id)
  },
}

/** Invites a person: a member in waiting, with a link that lets the person in. */
export const humanInvite: Command<HumanInviteInput, User> = {
  name: 'user.invite_human',
  action: 'user.create',
  async run(context, input, caller) {
    const { org_id, sql, now } = context
    const known = await accountWith(context, input.email)
    if (known !== undefined && context.permissions.members.has(known))
      throw new ApiError('ALREADY_MEMBER', 'This person is a member already.')
    const username = await freeUsername(context, input.display_name)
    const user_id = known ?? (await makeAccount(context, input))
    await insertMember(context, {
      ...input,
      user_id,
      identifier: null,
      type: 'human',
      username,
      status: 'invited',
    })
    await context.write(sql`
      insert into invites (org_id, id, email, user_id, role, token_hash, expires_at, created_by, created_at)
      values (${org_id}, ${input.invite.id}, ${input.email}, ${user_id}, ${input.role}, ${input.invite.token_hash},
              ${input.invite.expires_at}, ${caller.id}, ${now})`)
    return created(context, user_id)
  },
}

/** Id of the person with this e-mail, whichever orgs it belongs to. */
async function accountWith({ sql }: CommandContext, email: string): Promise<string | undefined> {
  const [account] = await sql<{ id: string }[]>`
    select id from users where lower(email) = lower(${email}) and type = 'human'`
  return account?.id
}

/** One identity for one e-mail: when another org makes the same account at this moment, it is waited for and taken. */
async function makeAccount(context: CommandContext, input: HumanInviteInput): Promise<string> {
  const { sql, now } = context
  const [made] = await context.write(sql<{ id: string }[]>`
    insert into users (id, type, email, display_name, status, created_at, updated_at)
    values (${input.new_user_id}, 'human', ${input.email}, ${input.display_name}, 'invited', ${now}, ${now})
    on conflict do nothing returning id`)
  const id = made?.id ?? (await accountWith(context, input.email))
  if (id === undefined) throw new Error('unreachable: the account is there or was just made')
  return id
}

async function insertMember(
  context: CommandContext,
  member: {
    user_id: string
    type: 'human' | 'agent'
    role: Role
    display_name: string
    username: string
    identifier: string | null
    status: 'active' | 'invited'
  },
): Promise<void> {
  const { org_id, now } = context
  await context.write(context.sql`
    insert into memberships (org_id, user_id, type, role, display_name, username, identifier, status,
                             notification_preferences, created_at, updated_at)
    values (${org_id}, ${member.user_id}, ${member.type}, ${member.role}, ${member.display_name}, ${member.username},
            ${member.identifier}, ${member.status}, '{"email": "all"}'::jsonb, ${now}, ${now})`)
}

export function insertKey(context: CommandContext, user_id: string, key: NewKey) {
  return context.sql`
    insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac, created_at)
    values (${context.org_id}, ${key.id}, ${key.key_id}, 'live', ${user_id}, ${key.prefix}, ${key.bcrypt_hash},
            ${key.hmac}, ${context.now})`
}

/** What `@` will find: made from the name, with a number behind it when it is taken. */
async function freeUsername(context: CommandContext, name: string): Promise<string> {
  const wanted = usernameFrom(name)
  const { usernames } = context.permissions
  if (!usernames.has(wanted)) return wanted
  for (let n = 2; ; n++) if (!usernames.has(`${wanted}-${n}`)) return `${wanted}-${n}`
}

async function created(context: CommandContext, user_id: string) {
  const user = await readUser(context, context.org_id, user_id)
  if (!user) throw new Error('unreachable: the member was just stored')
  return {
    result: user,
    events: [{ type: 'user.created' as const, payload: { user }, subject_ids: [user_id] }],
  }
}
