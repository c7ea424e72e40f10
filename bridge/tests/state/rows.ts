import type { NewRow, Row, State } from '../../src/state/port.ts'

/** A message for the agent, as the stream gives it. */
export function message(id: string, change: Partial<NewRow> = {}): NewRow {
  return {
    id,
    kind: 'message',
    channel_id: 'general',
    seq: 1,
    reply_to: 'm1',
    session: 'agent:main:mc:acme:project:p1',
    text: `text of ${id}`,
    ...change,
  }
}

/** Stores a row that must be new. */
export function added(state: State, agent: string, row: NewRow): Row {
  const stored = state.enqueue(agent, row)
  if (!stored) throw new Error(`${row.id} was there already`)
  return stored
}

/** Walks a new row to its end. */
export function finish(state: State, row: Row): Row {
  const posted = state.advance(row, 'posted', { failure: 'Refused.', text: '' })
  return state.advance(posted, 'done')
}
