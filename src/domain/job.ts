import type { CommandCall, Reply } from '../contracts/calls.ts'
import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { Permissions } from './permissions.ts'

/** A call on its way through the lane, with the owner's permissions (never a caller's). */
export interface Job extends CommandCall {
  permissions: Permissions
}

/** The outcome of a stored command. */
export interface Done {
  reply: Reply
  events: LogEvent[]
  notifications: UserNotification[]
}
