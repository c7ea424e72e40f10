import { LIMITS } from '@contracts/limits.ts'

export interface Strength {
  /** Filled segments of the meter. */
  filled: 0 | 1 | 2 | 3 | 4
  word: string
}

/** A rough estimate by length and variety, for the meter only: the server decides whether it accepts a password. */
export function strengthOf(password: string): Strength {
  const length = [...password].length
  if (length === 0)
    return { filled: 0, word: `At least ${LIMITS.password_min} characters, and not a common password.` }
  if (length < LIMITS.password_min)
    return { filled: 1, word: `${length} of ${LIMITS.password_min} characters` }
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) =>
    kind.test(password),
  ).length
  const varied = new Set(password).size
  if (varied < 6) return { filled: 1, word: `${length} characters, too alike` }
  const score = length + kinds * 2
  if (score < 16) return { filled: 2, word: `${length} characters, fair` }
  if (score < 24) return { filled: 3, word: `${length} characters, good` }
  return { filled: 4, word: `${length} characters, strong` }
}
