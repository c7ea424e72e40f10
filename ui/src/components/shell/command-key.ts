import { t } from '../../i18n/index.ts'

/** The name of the key for commands on the device of the reader. */
export function commandKey(user_agent: string): string {
  return /Mac|iPhone|iPad/.test(user_agent) ? '⌘' : t('shell.key.ctrl')
}
