import { LIMITS } from '@contracts/limits.ts'
import { t } from '../../i18n/index.ts'

export interface Strength {
  /** Filled segments of the meter. */
  filled: 0 | 1 | 2 | 3 | 4
  word: string
}

/** A rough estimate by length and variety, for the meter only: the server decides whether it accepts a password. */
export function strengthOf(password: string): Strength {
  const length = [...password].length
  if (length === 0) return { filled: 0, word: t('common.strength.empty', { min: LIMITS.password_min }) }
  if (length < LIMITS.password_min)
    return { filled: 1, word: t('common.strength.short', { count: length, min: LIMITS.password_min }) }
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) =>
    kind.test(password),
  ).length
  const varied = new Set(password).size
  if (varied < 6) return { filled: 1, word: t('common.strength.alike', { count: length }) }
  const score = length + kinds * 2
  if (score < 16) return { filled: 2, word: t('common.strength.fair', { count: length }) }
  if (score < 24) return { filled: 3, word: t('common.strength.good', { count: length }) }
  return { filled: 4, word: t('common.strength.strong', { count: length }) }
}

/** Why a new password cannot be sent at all. */
export const passwordProblem = (password: string): string | undefined =>
  [...password].length < LIMITS.password_min
    ? t('common.at_least', { count: LIMITS.password_min })
    : undefined
