import type { common as en } from '../en/common.ts'
import type { Translation } from '../index.ts'

export const common: Translation<typeof en> = {}
