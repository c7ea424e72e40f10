import type { UserNotification } from '../../contracts/log-event.ts'
import type { BatchContext } from '../batch.ts'

/** Adds notifications to the rows that are stored with the batch, in the transaction of their events. */
export function addNotifications(
  to: Pick<BatchContext, 'rows' | 'now'>,
  notifications: readonly Omit<UserNotification, 'read_at' | 'created_at'>[],
): UserNotification[] {
  const rows = notifications.map((notification) => ({ ...notification, created_at: to.now }))
  to.rows.notifications.push(...rows)
  return rows.map((row) => ({ ...row, read_at: null }))
}
