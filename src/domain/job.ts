import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { Principal } from '../contracts/principal.ts'
import type { Permissions } from './permissions.ts'

/** A call for a change, as plain data that can travel to another node. */
export interface CommandCall {
  /** Chosen by the first node that saw the call; a retry carries the same one. */
  command_id: string
  command: string
  input: unknown
  principal: Principal
  /** The call may have run before: look for its reply first. */
  retry?: boolean
  idempotency?: Idempotency
}

/** The `Idempotency-Key` of a request. */
export interface Idempotency {
  route: string
  key: string
  /** Hash of the request body: the same key with another body is refused. */
  fingerprint: string
}

/** A call on its way through the lane, with the owner's permissions (never a caller's). */
export interface Job extends CommandCall {
  permissions: Permissions
}

/** What a command left behind once it is stored. */
export interface Done {
  reply: Reply
  events: LogEvent[]
  notifications: UserNotification[]
}

/** What the caller of a command hears. */
export interface Reply {
  result: unknown
  /** The answer of an earlier request with the same key: nothing was done now. */
  replayed: boolean
}
