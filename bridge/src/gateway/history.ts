/** Reads the answer of `chat.history`. */
import { bounded, contentText } from './frames.ts'
import { arrayOf, type JsonObject, nameOf, objectOf } from './json.ts'
import type { History, HistoryRow } from './port.ts'

/** Rows that the gateway may return in one answer. */
export const HISTORY_ROWS_MAX = 1_000

/** Suffix of the gateway's key of an input: `<run id>:user`. */
const INPUT = ':user'

export function historyOf(payload: JsonObject): History {
  return {
    rows: arrayOf(payload.messages).map(objectOf).flatMap(rowOf),
    // An object with `items`; older answers are the bare list.
    pending: [...arrayOf(objectOf(payload.pendingInputs).items), ...arrayOf(payload.pendingInputs)]
      .map(objectOf)
      .flatMap(({ runId, state }) => {
        const run_id = nameOf(runId)
        return run_id === undefined ? [] : [{ run_id, interrupted: state === 'interrupted' }]
      }),
  }
}

/** Rows of tools and of the system are left out. */
function rowOf(message: JsonObject): HistoryRow[] {
  const { role } = message
  if (role !== 'user' && role !== 'assistant') return []
  const own = objectOf(message.__openclaw)
  const key = nameOf(message.idempotencyKey) ?? nameOf(own.idempotencyKey)
  const run_id = nameOf(own.runId) ?? (key?.endsWith(INPUT) ? key.slice(0, -INPUT.length) : key)
  return [
    {
      role,
      id: nameOf(own.id) ?? null,
      text: bounded(contentText(message.content)),
      run_id: run_id ?? null,
    },
  ]
}
