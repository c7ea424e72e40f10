import type { chat as en } from '../en/chat.ts'
import type { Translation } from '../index.ts'

export const chat: Translation<typeof en> = {}
