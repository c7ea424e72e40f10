import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { RateLimitState } from './errors.ts'
import { EVENT_PAYLOADS } from './event-payloads.ts'
import { Actor } from './events.ts'
import { LIMITS } from './limits.ts'
import { Revocation } from './log-event.ts'
import {
  AcceptInviteBody,
  AgentCommands,
  ChannelCreate,
  ChannelPatch,
  ClientReport,
  EvidenceCreate,
  KeyRotate,
  MessageCreate,
  OrgDelete,
  OrgPatch,
  ProjectCreate,
  ProjectPatch,
  ProjectTransition,
  SubAgentComplete,
  SubAgentCreate,
  SubAgentTerminate,
  TaskCreate,
  TaskPatch,
  TaskTransition,
  UserCreate,
  UserPatch,
} from './requests.ts'
import {
  AgentClient,
  Channel,
  Evidence,
  Export,
  Message,
  Org,
  Project,
  ScimToken,
  SubAgent,
  Task,
  User,
} from './resources.ts'
import { Closed, Count, Nullable, OneOf, TaggedUnion, Text, Timestamp, Uuid } from './schema.ts'
import { BACKUP_DESTINATIONS, PROVIDERS } from './vocabulary.ts'

/*
 * Inputs and results of all commands: plain data, because the owner of the org may be another node. Built from the
 * requests and resources of the API.
 */

const opt = Type.Optional
const nothing = Type.Null()

/** Why a new message is refused; an idempotent replay of a stored one is answered all the same. */
export const PostRefusal = Closed({
  code: OneOf(['RATE_LIMITED', 'AGENT_LOOP']),
  message: Type.String(),
  retry_after_s: Count(),
  rate_limit: opt(RateLimitState),
})
export type PostRefusal = Static<typeof PostRefusal>

/** A message to post: the input of `message.post`. */
export const MessagePost = Closed({
  ...MessageCreate.properties,
  channel_id: Uuid(),
  content_hash: Type.String({
    description: 'Distinguishes an idempotent replay from another message under the same `client_id`.',
  }),
  refusal: opt(PostRefusal),
})
export type MessagePost = Static<typeof MessagePost>

export const Posted = Closed({
  message: Message,
  repeated: Type.Boolean({
    description: 'The same `client_id` was stored before: nothing was done now.',
  }),
})
export type Posted = Static<typeof Posted>

/** A new API key as it is stored: hashes only, never the key itself. */
export const NewKey = Closed({
  id: Uuid(),
  key_id: Type.String({ description: 'Public part of the key.' }),
  prefix: Type.String(),
  bcrypt_hash: Type.String(),
  hmac: Type.String(),
})
export type NewKey = Static<typeof NewKey>

const [human, agent] = UserCreate.anyOf

const ofUser = <P extends TProperties>(properties: P) => Closed({ ...properties, user_id: Uuid() })

/** A one-time link as it is stored. */
const NewLink = Closed({ id: Uuid(), token_hash: Type.String(), expires_at: Timestamp() })

/** Hashes that the chosen password may have, the current one first. */
const PasswordHashes = Type.Array(Type.String(), { minItems: 1 })

/** An identity at a provider as it is stored. */
export const NewIdentity = Closed({
  id: Uuid(),
  provider: OneOf(PROVIDERS),
  issuer: Type.String(),
  subject: Type.String(),
  email: Nullable(Type.String()),
  email_verified: Type.Boolean(),
})
export type NewIdentity = Static<typeof NewIdentity>

export const HumanInvite = Closed({
  email: human.properties.email,
  display_name: human.properties.display_name,
  role: human.properties.role,
  user_id: Uuid('Of the new member.'),
  invite: NewLink,
})
export type HumanInvite = Static<typeof HumanInvite>

/** The token of an identity provider as it is stored. */
export const NewScimToken = Closed({
  id: Uuid(),
  name: ScimToken.properties.name,
  prefix: ScimToken.properties.prefix,
  token_hash: Type.String(),
})
export type NewScimToken = Static<typeof NewScimToken>

const ScimText = Text(LIMITS.scim_text_max)
/** Names that a provider has for a person. */
const ScimNames = Closed({
  user_name: ScimText,
  external_id: Nullable(ScimText),
  formatted: Nullable(ScimText),
  given_name: Nullable(ScimText),
  family_name: Nullable(ScimText),
})
const provisioned = {
  display_name: human.properties.display_name,
  names: ScimNames,
  active: Type.Boolean(),
  invite: NewLink,
}
export const UserProvision = ofUser({ ...provisioned, email: human.properties.email })
export type UserProvision = Static<typeof UserProvision>
export const UserReprovision = ofUser(provisioned)
export type UserReprovision = Static<typeof UserReprovision>

const AgentCreate = Closed({
  identifier: agent.properties.identifier,
  display_name: agent.properties.display_name,
  role: agent.properties.role,
  user_id: Uuid(),
  key: NewKey,
})

const record = <T extends keyof typeof EVENT_PAYLOADS>(type: T) =>
  Closed({
    type: Type.Literal(type),
    actor: Actor,
    payload: EVENT_PAYLOADS[type],
    revokes: opt(Revocation),
  })

/** A sign-in, its failure or its end, as an event of the log. */
export const SecurityRecord = TaggedUnion({
  'auth.login_success': record('auth.login_success'),
  'auth.login_failure': record('auth.login_failure'),
  'auth.api_key_failure': record('auth.api_key_failure'),
  'auth.session_revoked': record('auth.session_revoked'),
  'auth.password_changed': record('auth.password_changed'),
  'auth.account_changed': record('auth.account_changed'),
  'auth.identity_linked': record('auth.identity_linked'),
  'auth.identity_unlinked': record('auth.identity_unlinked'),
})
export type SecurityRecord = Static<typeof SecurityRecord>

/** The versioned resource of a path, and the fields of the request's body. `version` is that of the `If-Match` header. */
const ofResource = <P extends TProperties>(properties: P) =>
  Closed({ ...properties, id: Uuid(), version: opt(Count()) })

const patchOf = <S extends TSchema>(patch: S) => ofResource({ patch })

/** Every command of an org by its name. A command without an entry here does not compile. */
export const COMMAND_SCHEMAS = {
  'channel.create': { input: ChannelCreate, result: Channel },
  'channel.pause_loop': {
    input: EVENT_PAYLOADS['channel.loop_paused'],
    result: Closed({ until: Timestamp() }),
  },
  'channel.resume_loop': { input: EVENT_PAYLOADS['channel.loop_resumed'], result: nothing },
  'channel.update': { input: Closed({ id: Uuid(), patch: ChannelPatch }), result: Channel },
  'export.schedule': {
    input: Closed({ due_at: Timestamp(), destination: OneOf(BACKUP_DESTINATIONS) }),
    result: Closed({ started: Type.Boolean() }),
  },
  'export.request': { input: nothing, result: Closed({ export: Export, started: Type.Boolean() }) },
  'export.end': {
    input: Closed({
      id: Uuid(),
      attempt: Count({ minimum: 1 }),
      file: opt(Closed({ size_bytes: Count(), sha256: Type.String() })),
      error: opt(Type.String()),
    }),
    result: Closed({ stored: Type.Boolean() }),
  },
  'key.remind': {
    input: Closed({ key_ids: Type.Array(Uuid(), { minItems: 1, maxItems: LIMITS.keys_told_max }) }),
    result: nothing,
  },
  'key.revoke': { input: ofUser({}), result: nothing },
  'key.rotate': {
    input: ofUser({ ...KeyRotate.properties, key: NewKey }),
    result: Closed({ previous_expires_at: Nullable(Timestamp()) }),
  },
  'message.post': { input: MessagePost, result: Posted },
  'org.delete': { input: OrgDelete, result: Org },
  'org.restore': { input: nothing, result: Org },
  'org.resume': { input: nothing, result: Org },
  'org.suspend': { input: nothing, result: Org },
  'org.update': { input: OrgPatch, result: Org },
  'project.archive': { input: ofResource({}), result: nothing },
  'project.assign': { input: ofResource({ user_id: Uuid() }), result: Project },
  'project.create': { input: ProjectCreate, result: Project },
  'project.transition': { input: ofResource(ProjectTransition.properties), result: Project },
  'project.unassign': { input: ofResource({ user_id: Uuid() }), result: nothing },
  'project.update': { input: patchOf(ProjectPatch), result: Project },
  'scim_token.create': { input: NewScimToken, result: ScimToken },
  'scim_token.revoke': { input: Closed({ id: Uuid() }), result: nothing },
  'security.record': { input: SecurityRecord, result: nothing },
  'sub_agent.complete': { input: SubAgentComplete, result: SubAgent },
  'sub_agent.expire': { input: Closed({ id: Uuid() }), result: nothing },
  'sub_agent.renew_key': {
    input: Closed({ id: Uuid(), key: NewKey }),
    result: Closed({ ...SubAgent.properties, instructions: SubAgentCreate.properties.instructions }),
  },
  'sub_agent.spawn': {
    input: Closed({
      ...SubAgentCreate.properties,
      id: Uuid('Of the new sub-agent.'),
      key: opt(NewKey),
    }),
    result: SubAgent,
  },
  'sub_agent.terminate': { input: Closed({ ...SubAgentTerminate.properties, id: Uuid() }), result: SubAgent },
  'task.add_dependency': { input: ofResource({ blocked_by_id: Uuid() }), result: Task },
  'task.add_evidence': { input: ofResource(EvidenceCreate.properties), result: Evidence },
  'task.archive': {
    input: Closed({ ids: Type.Array(Uuid(), { maxItems: LIMITS.ids_max }) }),
    result: nothing,
  },
  'task.create': { input: TaskCreate, result: Task },
  'task.remove_dependency': { input: ofResource({ blocked_by_id: Uuid() }), result: nothing },
  'task.remove_evidence': { input: ofResource({ evidence_id: Uuid() }), result: nothing },
  'task.transition': { input: ofResource(TaskTransition.properties), result: Task },
  'task.update': { input: patchOf(TaskPatch), result: Task },
  'user.create_agent': { input: AgentCreate, result: User },
  'user.invite_by_shell': { input: HumanInvite, result: User },
  'user.invite_human': { input: HumanInvite, result: User },
  'user.join': {
    input: ofUser({
      invite_id: Uuid(),
      display_name: AcceptInviteBody.properties.name,
      by: Type.Union([
        Closed({ password_hashes: PasswordHashes }),
        Closed({
          identity: NewIdentity,
          account_id: Nullable(Uuid('That has the identity, or gets it; null: a new one.')),
        }),
      ]),
    }),
    result: Closed({ user: User, account_id: Uuid() }),
  },
  'user.adopt': {
    input: ofUser({
      account_id: Uuid(),
      provider: OneOf(PROVIDERS),
      ip: opt(Type.String()),
      user_agent: opt(Type.String()),
    }),
    result: nothing,
  },
  'user.invite_again': { input: ofUser({ invite: NewLink }), result: User },
  'user.link_sign_in': { input: ofUser({ link: NewLink }), result: Closed({ expires_at: Timestamp() }) },
  'user.set_password': {
    input: ofUser({
      link_id: Uuid(),
      password_hashes: PasswordHashes,
      new_account_id: Uuid('Of the account that is made when no other may take the password.'),
      ip: opt(Type.String()),
      user_agent: opt(Type.String()),
    }),
    result: Closed({ account_id: Uuid() }),
  },
  'user.provision': { input: UserProvision, result: User },
  'user.reprovision': { input: UserReprovision, result: User },
  'user.set_roles': {
    input: Closed({ administrators: Type.Array(Uuid()), contributors: Type.Array(Uuid()) }),
    result: nothing,
  },
  'user.remove': { input: ofUser({}), result: nothing },
  'user.tell_account': { input: ofUser({}), result: nothing },
  'user.unsubscribe': { input: ofUser({}), result: nothing },
  'user.set_client': { input: ofUser({ client: ClientReport }), result: AgentClient },
  'user.set_commands': { input: ofUser({ commands: AgentCommands }), result: AgentCommands },
  'user.update': { input: ofUser({ patch: UserPatch }), result: User },
} as const satisfies Record<string, { input: TSchema; result: TSchema }>

type Schemas = typeof COMMAND_SCHEMAS

export type CommandName = keyof Schemas
export type Inputs = { [N in CommandName]: Static<Schemas[N]['input']> }
export type Results = { [N in CommandName]: Static<Schemas[N]['result']> }

/** A command with its input, discriminated by its name. */
export type NamedInput<N extends CommandName = CommandName> = {
  [K in N]: { command: K; input: Inputs[K] }
}[N]
