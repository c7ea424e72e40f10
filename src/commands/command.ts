import type { CommandName, Inputs, Results } from '../contracts/commands.ts'
import type { Principal } from '../contracts/principal.ts'
import type { BatchContext } from '../db/batch.ts'
import type { Action } from '../domain/access.ts'
import type { NewEvent } from '../domain/log-event.ts'
import type { NewNotification } from '../domain/notifications.ts'
import type { Permissions } from '../domain/permissions.ts'

/** A mail waits before it is sent: what is read meanwhile needs none, and what comes together is sent together. */
export interface MailTiming {
  delay_ms: number
}

/** Context of a command beside its input. */
export interface CommandContext extends BatchContext {
  /** Null without a mail server: nothing is stored that could not be sent. */
  readonly mail: MailTiming | null
  /** The owner's permissions, exact as of the commands before this one. */
  readonly permissions: Permissions
  newId(): string
}

export interface CommandOutcome<Result> {
  result: Result
  events: NewEvent[]
  notifications?: NewNotification[]
}

/**
 * One named change to an org; input and result have schemas in contracts, by its name. It refuses (throws an `ApiError`)
 * before its first write.
 */
export interface Command<N extends CommandName> {
  readonly name: N
  /** Action of the access table, checked again inside the lane; null for commands of the server itself. */
  readonly action: Action | null
  /** Reads and writes tasks through the task batch only, so buffered tasks need not be written before it runs. */
  readonly batched?: true
  run(context: CommandContext, input: Inputs[N], principal: Principal): Promise<CommandOutcome<Results[N]>>
}

/** Every command by its name. */
export type Commands = { readonly [N in CommandName]: Command<N> }
