import type { members as en } from '../en/members.ts'
import type { Translation } from '../index.ts'

export const members: Translation<typeof en> = {}
