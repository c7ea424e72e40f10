import type { Role } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

export const ROLE_OPTIONS: readonly { value: Role; label: string }[] = [
  { value: 'contributor', label: t('members.role.contributor') },
  { value: 'administrator', label: t('members.role.administrator') },
]

export const ROLE_HINT: Record<Role, string> = {
  contributor: t('members.role_hint.contributor'),
  administrator: t('members.role_hint.administrator'),
}
