import { t } from '../../i18n/index.ts'

/** The beginning of a message as one line, for the source of a reply or an announcement. */
export function excerpt(content: string, length_max = 80): string {
  const line = content
    .replace(/```[\s\S]*?(```|$)/g, ` ${t('chat.message.code_within')} `)
    .replace(/[*_`>#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...line]
  return letters.length > length_max
    ? `${letters
        .slice(0, length_max - 1)
        .join('')
        .trimEnd()}…`
    : line
}
