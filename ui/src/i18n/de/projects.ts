import type { projects as en } from '../en/projects.ts'
import type { Translation } from '../index.ts'

export const projects: Translation<typeof en> = {}
