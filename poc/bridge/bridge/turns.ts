import { type AgentAnswer, type Final, type Gateway, GatewayRefusal, textOf } from './gateway.ts'
import type { Row } from './state.ts'

const ASK_AGAIN_MS = 300

/** What is to come of a turn, whichever way it comes first. */
interface Wait {
  run_id: string
  /** The gateway lost the run and goes on under an id of its own: any final of the session is the answer. */
  any: boolean
  resolve(text: string): void
}

/** Who waits for the end of which turn; one turn per session at a time. */
export class Turns {
  readonly #waits = new Map<string, Wait>()

  final({ session_key, run_id, text }: Final): void {
    const wait = this.#waits.get(session_key)
    if (wait && text !== '' && (wait.any || wait.run_id === run_id)) wait.resolve(text)
  }

  /** The next final of the session; `closed` ends the waiting when the connection goes. */
  async wait(session_key: string, run_id: string, any: boolean, closed: Promise<void>): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.#waits.set(session_key, { run_id, any, resolve })
    const lost = closed.then(() => {
      throw new Error('The gateway went away during a turn')
    })
    lost.catch(() => undefined)
    try {
      return await Promise.race([promise, lost])
    } finally {
      this.#waits.delete(session_key)
    }
  }

  settled(session_key: string, run_id: string, answer: AgentAnswer): void {
    const text = answer.result?.payloads?.map((payload) => payload.text ?? '').join('\n\n') ?? ''
    if (answer.status === 'ok') this.final({ session_key, run_id, text })
  }
}

/**
 * Brings a row that may have been submitted before to an answer. In the same start of the gateway its key says what
 * happened; after another start only the session's history does. `accepted` is called when the gateway has the turn.
 */
export async function turn(
  gateway: Gateway,
  turns: Turns,
  row: Row,
  session_key: string,
  run_id: string,
  accepted: () => void,
): Promise<string> {
  if (row.boot_id !== null && row.boot_id !== gateway.boot_id) {
    const rows = await gateway.history(session_key)
    const said = rows.find((entry) => entry.role === 'assistant' && entry.__openclaw?.runId === run_id)
    if (said) {
      accepted()
      return textOf(said.content)
    }
    const at = rows.findIndex((entry) => entry.idempotencyKey === `${run_id}:user`)
    if (at >= 0) {
      accepted()
      const after = rows.slice(at + 1).find((entry) => entry.role === 'assistant')
      if (after) return textOf(after.content)
      return await turns.wait(session_key, run_id, true, gateway.closed)
    }
  }
  const answered = turns.wait(session_key, run_id, false, gateway.closed)
  answered.catch(() => undefined)
  const ask = () =>
    gateway.agent({ sessionKey: session_key, message: row.text, idempotencyKey: run_id }, (answer) =>
      turns.settled(session_key, run_id, answer),
    )
  let first = await ask()
  accepted()
  for (;;) {
    turns.settled(session_key, run_id, first)
    const text = await Promise.race([answered, Bun.sleep(ASK_AGAIN_MS).then(() => undefined)])
    if (text !== undefined) return text
    // Its final may have come before this connection did, and before the run was settled: then it is asked for.
    if (first.status === 'in_flight') first = await ask()
  }
}

/** Whether trying again may help; what the gateway refuses for good does not change by asking again. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof GatewayRefusal) || error.code === 'UNAVAILABLE'
}
