/** More notifications than this that wait become one mail, and more mails than this within the window. */
export const SINGLE_MAILS_MAX = 5
export const DIGEST_WINDOW_MS = 5 * 60_000

/** What is done with the mails that wait for one member: sent one by one, all in one, or all in one later. */
export type MailPlan = { send: 'one' } | { send: 'digest' } | { wait_until: number }

/**
 * Bounds the mails of a member: more than five notifications that wait become a digest, and after five mails within the window the
 * next ones wait for its end and become one (`held`). Times are milliseconds since 1970; `sent` holds those of mails within the window or before.
 */
export function planMail(
  { waiting, held }: { waiting: number; held: boolean },
  sent: readonly number[],
  now: number,
): MailPlan {
  if (waiting > SINGLE_MAILS_MAX) return { send: 'digest' }
  const recent = sent.filter((at) => at > now - DIGEST_WINDOW_MS)
  if (recent.length >= SINGLE_MAILS_MAX) return { wait_until: Math.min(...recent) + DIGEST_WINDOW_MS }
  return { send: held && waiting > 1 ? 'digest' : 'one' }
}
