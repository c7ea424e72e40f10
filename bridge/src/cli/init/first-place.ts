import { openState } from '../../state/open.ts'
import { StateLocked, StateTooNew, StateUnwritable } from '../../state/port.ts'

/**
 * Stores the place in the event stream from which the first run goes on, so that what people write between `init` and that
 * run is answered. An agent that has a place keeps it; without a cursor none is stored. True when a bridge is running, which
 * has its own.
 */
export function rememberPlace(db_path: string, agent: string, cursor: string | null): boolean {
  try {
    const state = openState(db_path)
    try {
      if (cursor !== null && state.cursor(agent) === null) state.receive(agent, cursor)
    } finally {
      state.close()
    }
    return false
  } catch (error) {
    // The first run tells what is wrong with the file, and begins with the events from then on.
    const known = [StateLocked, StateTooNew, StateUnwritable]
    if (!known.some((kind) => error instanceof kind)) throw error
    return error instanceof StateLocked
  }
}
