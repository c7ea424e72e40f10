import type { notifications as en } from '../en/notifications.ts'
import type { Translation } from '../index.ts'

export const notifications: Translation<typeof en> = {
  new: '{count, plural, one {# neue Benachrichtigung} other {# neue Benachrichtigungen}}',
  show: 'Zeigen',
  in_channel: 'in {channel}',
  not_read: 'Nicht als gelesen markiert',
  older_failed: 'Ältere Benachrichtigungen wurden nicht geladen',
}
