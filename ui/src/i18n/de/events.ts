import type { events as en } from '../en/events.ts'
import type { Translation } from '../index.ts'

export const events: Translation<typeof en> = {}
