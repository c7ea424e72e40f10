import type { search as en } from '../en/search.ts'
import type { Translation } from '../index.ts'

export const search: Translation<typeof en> = {}
