import type { tasks as en } from '../en/tasks.ts'
import type { Translation } from '../index.ts'

export const tasks: Translation<typeof en> = {}
