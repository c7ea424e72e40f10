import type { History } from '../gateway/port.ts'

/** What a session's transcript tells of a turn. */
export type FoundTurn =
  | { state: 'answered'; text: string; run_id: string | null }
  /** The gateway took the message and has no answer yet: the turn runs, goes on by itself, or failed. */
  | { state: 'taken' }
  /** It was accepted, never ran and never will; its key is used up. */
  | { state: 'interrupted' }
  | { state: 'absent' }

/**
 * Looks for the turn `run_id`, which was submitted at `submitted_at` (milliseconds since 1970). After a restart of the gateway an
 * interrupted turn goes on under another run id: its answer is what the agent said between this message and the next one. Some
 * versions then write a row of their own in place of the message.
 */
export function findTurn({ rows, pending }: History, run_id: string, submitted_at: number): FoundTurn {
  const own_row = rows.findLastIndex((row) => row.role === 'user' && row.run_id === run_id)
  const asked = own_row >= 0 ? own_row : rows.findIndex(({ resumed_at }) => (resumed_at ?? 0) > submitted_at)
  const next = rows.findIndex((row, at) => asked >= 0 && at > asked && row.role === 'user')
  const after = asked < 0 ? [] : rows.slice(asked + 1, next < 0 ? undefined : next)
  const own = rows.filter((row) => row.run_id === run_id)
  const said = [...own, ...after].findLast((row) => row.role === 'assistant' && row.text.trim() !== '')
  if (said) return { state: 'answered', text: said.text, run_id: said.run_id }
  if (asked >= 0) return { state: 'taken' }
  const waiting = pending.find((input) => input.run_id === run_id)
  if (!waiting) return { state: 'absent' }
  return { state: waiting.interrupted ? 'interrupted' : 'taken' }
}
