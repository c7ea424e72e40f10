import { type Static, Type } from '@sinclair/typebox'
import { Closed, Nullable, OneOf, Uuid } from './schema.ts'
import { SignInWay } from './sign-in.ts'
import { ROLES } from './vocabulary.ts'

/** Scope of a sub-agent: its task, the projects of that task and their channels. */
export const Scope = Closed({ task_id: Uuid(), project_ids: Type.Array(Uuid()) })
export type Scope = Static<typeof Scope>

/** A principal with credentials of its own: a person, an agent or a sub-agent. */
export const AuthenticatedPrincipal = Closed({
  kind: OneOf(['human', 'agent', 'sub_agent']),
  id: Uuid('The user, or the sub-agent itself; the account of a session before an org was looked at.'),
  display_name: Type.String({ description: 'Name in the org; empty before an org was looked at.' }),
  org_id: Nullable(Uuid('Null for a session before an org was looked at.')),
  role: Nullable(OneOf(ROLES, { description: 'Of a member, once its org was looked at.' })),
  scope: Type.Optional(Scope),
  key_id: Type.Optional(Uuid('The API key of the request, so that a key revoked meanwhile is refused.')),
  session_id: Type.Optional(Uuid()),
  sign_in: Type.Optional(SignInWay),
  ip: Type.Optional(Type.String()),
  user_agent: Type.Optional(Type.String()),
})
export type AuthenticatedPrincipal = Static<typeof AuthenticatedPrincipal>

/** The server itself: time-outs, expiry, deletion, records of sign-in. */
export const SystemPrincipal = Closed({
  kind: Type.Literal('system'),
  id: Type.Null(),
  display_name: Type.String(),
  org_id: Type.Null(),
  role: Type.Null(),
})
export type SystemPrincipal = Static<typeof SystemPrincipal>

/**
 * The caller. Plain data, because it travels with a command to the node that owns the org. There the owner's permissions
 * authorize it again, because role and scope are the first node's copy.
 */
export const Principal = Type.Union([AuthenticatedPrincipal, SystemPrincipal])
export type Principal = Static<typeof Principal>
