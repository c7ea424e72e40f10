import { t } from '../../i18n/index.ts'
import { LANGUAGES } from '../../i18n/locale.ts'
import type { LanguageChoice } from '../../stores/language.ts'

/** Languages by their own names, so that a person finds them in an app of another language. */
export const LANGUAGE_CHOICES: readonly { value: LanguageChoice; label: string; lang?: string }[] = [
  { value: 'system', label: t('account.menu.language_system') },
  ...Object.entries(LANGUAGES).map(([lang, label]) => ({ value: lang as LanguageChoice, label, lang })),
]
