import type { notifications as en } from '../en/notifications.ts'
import type { Translation } from '../index.ts'

export const notifications: Translation<typeof en> = {}
