/** The tray of notifications. */
export const notifications = {
  new: '{count, plural, one {# new notification} other {# new notifications}}',
  show: 'Show',
  in_channel: 'in {channel}',
  not_read: 'Not marked as read',
  older_failed: 'Older notifications were not loaded',
} as const
