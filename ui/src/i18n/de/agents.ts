import type { agents as en } from '../en/agents.ts'
import type { Translation } from '../index.ts'

export const agents: Translation<typeof en> = {}
