import { t } from '../../i18n/index.ts'
import type { ThemeChoice } from '../../stores/theme.ts'

export const THEMES: readonly { value: ThemeChoice; label: string }[] = [
  { value: 'system', label: t('account.themes.system') },
  { value: 'light', label: t('account.themes.light') },
  { value: 'dark', label: t('account.themes.dark') },
]
