import type { UserNotification } from '../contracts/log-event.ts'
import { addEmail } from '../db/writes/emails.ts'
import { admittingPreferences } from '../domain/mail/recipients.ts'
import type { CommandContext } from './command.ts'

/** Adds the mails about notifications to the batch; who wants one is looked up when they are stored. */
export function mailNotifications(context: CommandContext, notifications: readonly UserNotification[]): void {
  const { mail, permissions } = context
  if (!mail) return
  for (const { id, user_id, type } of notifications) {
    const preferences = admittingPreferences(type)
    if (preferences.length === 0 || permissions.member(user_id)?.type !== 'human') continue
    addEmail(context, mail.delay_ms, {
      id: context.newId(),
      user_id,
      kind: 'notification',
      preferences,
      notification_ids: [id],
    })
  }
}

/** Adds the mail with the link of an invite; it waits for nothing. */
export function mailInvite(context: CommandContext, invite: { id: string; user_id: string }): void {
  if (!context.mail) return
  const { id: invite_id, user_id } = invite
  addEmail(context, 0, { id: context.newId(), user_id, kind: 'invite', invite_id })
}
