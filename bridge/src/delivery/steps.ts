import { LIMITS } from '../../../src/contracts/limits.ts'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import type { Row, RowChange, RowKind, Step } from '../state/port.ts'
import { TABLE } from './step-table.ts'

/** What the runner found out about a row. */
export type Outcome =
  /** The row is about to be sent to the gateway, in this boot of it; also when the same run id is sent again. */
  | { type: 'submitted'; boot_id: string; generation: number }
  /** The gateway has the turn. */
  | { type: 'accepted'; boot_id: string }
  /** The agent works on it. */
  | { type: 'started' }
  /** A text without anything but spaces counts as `silent`. */
  | { type: 'answered'; text: string }
  /** The turn ended without an answer. */
  | { type: 'silent' }
  /** Refused for good; the reason is for people. */
  | { type: 'failed'; reason: string }
  /** Somebody ended the turn; `by` is a name for people. */
  | { type: 'stopped'; by: string }
  /** The gateway forgot the turn and will never run it: a new attempt with a run id of its own. */
  | { type: 'lost' }
  /** So many parts of the answer are posted, and more are to come. */
  | { type: 'part_posted'; parts: number }
  | { type: 'posted'; parts: number }
  /** The server knows the end state. */
  | { type: 'reported' }
  /** A passing fault: the row stays where it is. `working` when the agent was seen to work on it. */
  | { type: 'delayed'; reason: string; working?: boolean }
  /** Retries took too long. */
  | { type: 'give_up'; reason: string }

export type OutcomeType = Outcome['type']

/** A report of the delivery to the server. */
export interface Report {
  state: DeliveryState
  detail: string | null
}

/** What the runner does once a move is stored: best effort, since the step repeats what must not be lost. */
export type Effect = ({ do: 'report' } & Report) | { do: 'gave_up'; reason: string }

export interface Transition {
  to: Step
  change: RowChange
  effects: Effect[]
}

/** Attempts of one row at the gateway. A turn that was lost this often fails, since it may be the cause. */
export const ATTEMPTS_MAX = 10

/** The table does not have this move. It is a mistake in the program, or an outcome that came too late. */
export class MoveRefused extends Error {
  override name = 'MoveRefused'
}

type Place = Pick<Row, 'kind' | 'step'>

/** Whether the table has a move for this outcome; an outcome without one came too late, e.g. a second answer. */
export function allows(row: Place, outcome: OutcomeType): boolean {
  return TABLE[row.kind][row.step]?.moves[outcome] !== undefined
}

/** Whether any outcome leads a row of this kind from one step to the other. */
export function mayMove(kind: RowKind, from: Step, to: Step): boolean {
  return Object.values(TABLE[kind][from]?.moves ?? {}).includes(to)
}

/** The step that a row of this kind may begin in. */
export function mayBegin(kind: RowKind, step: Step): boolean {
  return step === (kind === 'speech' ? 'answered' : 'received')
}

/**
 * The one function by which rows move: where an outcome leads a row, what changes in it, and what is done after the move
 * is stored. Throws `MoveRefused` when the table has no such move.
 */
export function transition(row: Row, outcome: Outcome): Transition {
  const effective = effectiveOf(row, outcome)
  const to = TABLE[row.kind][row.step]?.moves[effective.type]
  if (to === undefined)
    throw new MoveRefused(`A ${row.kind} in step ${row.step} has no move for ${effective.type}.`)
  const effects = effectsOf(row, effective).filter((effect) => effect.do !== 'report' || row.seq !== null)
  return { to, change: changeOf(row, effective), effects }
}

/**
 * What the server is to be told of a row in its present step, e.g. after a restart; null when nothing. In `posted` it is the
 * end of the delivery.
 */
export function reportOf(row: Row): Report | null {
  const reports = TABLE[row.kind][row.step]?.reports ?? null
  if (row.seq === null || reports === null) return null
  if (reports !== 'answered or failed') return { state: reports, detail: null }
  if (row.failure !== null) return { state: 'failed', detail: cut(row.failure) }
  return {
    state: 'answered',
    detail: row.parts_posted === 0 ? 'The agent ended its turn without an answer.' : null,
  }
}

function effectiveOf(row: Row, outcome: Outcome): Outcome {
  if (outcome.type === 'answered' && outcome.text.trim() === '') return { type: 'silent' }
  if (outcome.type === 'lost' && row.attempt >= ATTEMPTS_MAX && allows(row, 'lost'))
    return { type: 'failed', reason: `The gateway lost the turn ${ATTEMPTS_MAX} times.` }
  return outcome
}

function changeOf(row: Row, outcome: Outcome): RowChange {
  switch (outcome.type) {
    case 'submitted':
      return { boot_id: outcome.boot_id, generation: outcome.generation }
    case 'accepted':
      return { boot_id: outcome.boot_id }
    case 'answered':
      return { answer: outcome.text, text: '' }
    case 'silent':
      return { text: '' }
    case 'failed':
      return ended(outcome.reason)
    case 'stopped':
      return ended(`Stopped by ${outcome.by}.`)
    case 'give_up':
      // The end of a row whose report did not get through stays as it is.
      return row.step === 'posted' ? {} : ended(outcome.reason)
    case 'lost':
      return { attempt: row.attempt + 1, boot_id: null, generation: null }
    case 'part_posted':
      return { parts_posted: outcome.parts }
    case 'posted':
      // The answer of a sub-agent is its summary, too.
      return { parts_posted: outcome.parts, ...(row.kind === 'sub_agent' ? {} : { answer: null }) }
    case 'started':
    case 'reported':
    case 'delayed':
      return {}
  }
}

/** As long as the server takes it; reasons may come from the gateway. */
function cut(detail: string): string {
  const max = LIMITS.delivery_detail_max
  return detail.length > max ? `${detail.slice(0, max - 1).toWellFormed()}…` : detail
}

const ended = (failure: string): RowChange => ({ failure, text: '', answer: null })

function effectsOf(row: Row, outcome: Outcome): Effect[] {
  switch (outcome.type) {
    case 'accepted':
      return row.step === 'submitted' ? [{ do: 'report', state: 'delivered', detail: null }] : []
    case 'started':
      return [{ do: 'report', state: 'working', detail: null }]
    case 'delayed': {
      const worked = row.step === 'answered' || (row.step === 'accepted' && outcome.working)
      const state = worked ? 'working' : reportOf(row)?.state
      if (state === undefined || row.step === 'posted') return []
      return [{ do: 'report', state, detail: cut(`Waits: ${outcome.reason}`) }]
    }
    case 'give_up':
      return [{ do: 'gave_up', reason: outcome.reason }]
    default:
      return []
  }
}
