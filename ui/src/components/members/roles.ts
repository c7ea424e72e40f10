import type { Role } from '@contracts/vocabulary.ts'

export const ROLE_OPTIONS: readonly { value: Role; label: string }[] = [
  { value: 'contributor', label: 'Contributor' },
  { value: 'administrator', label: 'Administrator' },
]

export const ROLE_HINT: Record<Role, string> = {
  contributor: 'Works on projects and tasks, writes in org-wide channels and those of its projects.',
  administrator: 'Reads every channel; manages members, keys and settings.',
}
