import { t } from '../../i18n/index.ts'

/** Kinds of background work, in words. */
const WORDS: Readonly<Record<string, string>> = {
  send_email: t('settings.work.job.send_email'),
  make_export: t('settings.work.job.make_export'),
}

/** A kind of another version of the server is shown by its name. */
export function jobInWords(kind: string): string {
  const name = kind.replaceAll('_', ' ')
  return WORDS[kind] ?? name.charAt(0).toUpperCase() + name.slice(1)
}
