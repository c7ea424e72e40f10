import type { OrgSettings } from '../../contracts/settings.ts'
import type { EmailPreference, NotificationType, UserStatus, UserType } from '../../contracts/vocabulary.ts'

/** Notifications that also leave the app, with the preferences that admit them. */
const MAILED: Partial<Record<NotificationType, readonly EmailPreference[]>> = {
  'message.mention': ['all', 'mentions'],
  'task.assigned': ['all'],
}

/** A member as far as it decides about mail. */
export interface Recipient {
  type: UserType
  status: UserStatus
  preference: EmailPreference
  /** False: the member never chose, and the organization's default holds. */
  preference_chosen: boolean
}

/** The preferences that admit a mail about notifications of this type; none for one that stays in the app. */
export function admittingPreferences(type: NotificationType): readonly EmailPreference[] {
  return MAILED[type] ?? []
}

/** The preference in effect: the member's own, else the organization's default. */
export function emailPreference(
  { preference, preference_chosen }: Pick<Recipient, 'preference' | 'preference_chosen'>,
  { enabled_channels, default_channel }: OrgSettings['notifications'],
): EmailPreference {
  if (!enabled_channels.includes('email')) return 'none'
  return preference_chosen || default_channel === 'email' ? preference : 'none'
}

/** Whether a notification of this type is mailed to a member. Agents and people who are not active get no mail. */
export function isMailed(
  type: NotificationType,
  recipient: Recipient,
  settings: OrgSettings['notifications'],
): boolean {
  if (recipient.type !== 'human' || recipient.status !== 'active') return false
  return admittingPreferences(type).includes(emailPreference(recipient, settings))
}
