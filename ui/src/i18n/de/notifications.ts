import type { notifications as en } from '../en/notifications.ts'
import type { Translation } from '../index.ts'

export const notifications: Translation<typeof en> = {
  new: '{count, plural, one {# neue Benachrichtigung} other {# neue Benachrichtigungen}}',
  show: 'Zeigen',
  in_channel: 'in {channel}',
  not_read: 'Nicht als gelesen markiert',
  older_failed: 'Ältere Benachrichtigungen wurden nicht geladen',
  title: 'Benachrichtigungen',
  title_unread: 'Benachrichtigungen, {count} ungelesen',
  unread: 'Ungelesen: ',
  read_all: 'Alle gelesen',
  settings: 'Einstellungen der Benachrichtigungen',
  list: 'Liste der Benachrichtigungen',
  ask: 'Erwähnungen und Zuweisungen, solange kein Tab sichtbar ist?',
  turn_on: 'Benachrichtigen',
  unread_list: 'Die Benachrichtigungen konnten nicht gelesen werden.',
  loading: 'Benachrichtigungen werden geladen',
  empty: 'Nichts wartet',
  empty_hint: 'Eigene Erwähnungen, zugewiesene Aufgaben und was mit ihnen geschieht, erscheinen hier.',
  older: 'Ältere zeigen',
}
