/** Reads the answer of `chat.history`. */
import { bounded, contentText } from './frames.ts'
import { arrayOf, countOf, type JsonObject, nameOf, objectOf } from './json.ts'
import type { History, HistoryRow } from './port.ts'

/** Rows that the gateway may return in one answer. */
export const HISTORY_ROWS_MAX = 1_000

/** Suffix of the gateway's key of an input: `<run id>:user`. */
const INPUT = ':user'

export function historyOf(payload: JsonObject): History {
  const items = arrayOf(objectOf(payload.pendingInputs).items)
  return {
    rows: arrayOf(payload.messages).map(objectOf).reduce<HistoryRow[]>(withRow, []),
    pending: items.map(objectOf).flatMap(({ runId, state }) => {
      const run_id = nameOf(runId)
      return run_id === undefined ? [] : [{ run_id, interrupted: state === 'interrupted' }]
    }),
  }
}

/**
 * After a restart the gateway goes on with an interrupted turn by a message of its own. From 2026.9 on that message follows
 * the turn's own row: it is left out, so that the answer follows the question. Before, it takes the place of that row.
 */
function withRow(rows: HistoryRow[], message: JsonObject): HistoryRow[] {
  const { role } = message
  // Rows of tools and of the system are left out.
  if (role !== 'user' && role !== 'assistant') return rows
  const own = objectOf(message.__openclaw)
  const key = nameOf(message.idempotencyKey) ?? nameOf(own.idempotencyKey)
  const run_id = nameOf(own.runId) ?? (key?.endsWith(INPUT) ? key.slice(0, -INPUT.length) : key)
  const resumes = objectOf(message.provenance).sourceTool === 'main_session_restart_recovery'
  if (resumes && rows.at(-1)?.role === 'user') return rows
  rows.push({
    role,
    id: nameOf(own.id) ?? null,
    text: bounded(contentText(message.content)),
    run_id: run_id ?? null,
    ...(resumes ? { resumed_at: countOf(message.timestamp) ?? 0 } : {}),
  })
  return rows
}
