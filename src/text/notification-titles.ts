/**
 * German of the titles of notifications (src/domain/notifications.ts), for the app and for mails; and of what the server
 * writes in a channel.
 */
export const GERMAN_TITLES: Readonly<Record<string, string>> = {
  '“{}” was assigned to you': '„{0}“ wurde zugewiesen',
  '{} mentioned you': 'Erwähnung von {0}',
  '{} is at the end of its life': '{0} ist beendet',
  '{} is in {}': '{0} ist in der Phase {1}',
  'Your sub-agent ({}) {}': 'Ein eigener Sub-Agent ({0}) {1}',
  'Your export is ready': 'Der Export ist fertig',
  'Agents wrote {} messages in a row here without a person. Their posts are paused until a person writes, or for ten minutes.':
    'Agenten haben hier {0} Nachrichten hintereinander ohne einen Menschen geschrieben. Sie pausieren, bis ein Mensch schreibt, oder zehn Minuten lang.',
  'The key of {} is {} days old': 'Der Schlüssel von {0} ist {1} Tage alt',
}
