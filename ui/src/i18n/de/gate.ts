import type { gate as en } from '../en/gate.ts'
import type { Translation } from '../index.ts'

export const gate: Translation<typeof en> = {}
