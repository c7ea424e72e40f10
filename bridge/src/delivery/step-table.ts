import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import type { RowKind, Step } from '../state/port.ts'

/** What the runner can find out about a row; `Outcome` in steps.ts tells what belongs to each. */
export const OUTCOMES = [
  'submitted',
  'accepted',
  'started',
  'answered',
  'silent',
  'failed',
  'stopped',
  'lost',
  'part_posted',
  'posted',
  'reported',
  'delayed',
  'give_up',
] as const
export type OutcomeType = (typeof OUTCOMES)[number]

/** A row in a step: what the runner does there, why a repetition is harmless, and where each outcome leads. */
export interface StepRule {
  does: string
  idempotent_by: string
  /** What the server is told of a row in this step; null when it is told nothing. */
  reports: DeliveryState | 'answered or failed' | null
  moves: Readonly<Partial<Record<OutcomeType, Step>>>
}

const DONE: StepRule = {
  does: 'Nothing. Text and answer are removed; the row stays for 7 days to suppress duplicates.',
  idempotent_by: 'End of the row.',
  reports: null,
  moves: {},
}

const TURN: Readonly<Record<Step, StepRule>> = {
  received: {
    does: 'Waits for its place in the lane of its session, prepares the session, stores boot and generation.',
    idempotent_by: 'The row was stored together with the cursor, once per agent and id.',
    reports: 'queued',
    moves: {
      submitted: 'submitted',
      failed: 'posted',
      stopped: 'posted',
      delayed: 'received',
      give_up: 'posted',
    },
  },
  submitted: {
    does: 'Starts the turn at the gateway. After another boot of the gateway it reads the history of the session first.',
    idempotent_by:
      'The run id is the idempotency key: the gateway answers a repetition without a second turn.',
    reports: 'queued',
    moves: {
      submitted: 'submitted',
      accepted: 'accepted',
      started: 'accepted',
      answered: 'answered',
      silent: 'posted',
      failed: 'posted',
      stopped: 'posted',
      lost: 'received',
      delayed: 'submitted',
      give_up: 'posted',
    },
  },
  accepted: {
    does: 'Waits for the end of the turn; shows typing while the agent works.',
    idempotent_by: 'It only asks: the outcome by run id, or the history after another boot of the gateway.',
    reports: 'delivered',
    moves: {
      submitted: 'submitted',
      accepted: 'accepted',
      started: 'accepted',
      answered: 'answered',
      silent: 'posted',
      failed: 'posted',
      stopped: 'posted',
      lost: 'received',
      delayed: 'accepted',
      give_up: 'posted',
    },
  },
  answered: {
    does: 'Posts the answer, split into parts, in order.',
    idempotent_by:
      'Each part has a client id of its own: the server answers a repetition with the stored message.',
    reports: null,
    moves: {
      part_posted: 'answered',
      posted: 'posted',
      failed: 'posted',
      delayed: 'answered',
      give_up: 'posted',
    },
  },
  posted: {
    does: 'Nothing is left to post. Reports the end of the delivery to the server.',
    idempotent_by: 'The server stores one delivery per agent and message, forward only.',
    reports: 'answered or failed',
    moves: { reported: 'done', delayed: 'posted', give_up: 'done' },
  },
  done: DONE,
}

const COMMAND: Readonly<Record<Step, StepRule>> = {
  ...TURN,
  received: {
    ...TURN.received,
    does: `${TURN.received.does} What the bridge answers itself (/stop, /new, /reset, a refusal) is answered here.`,
    moves: { ...TURN.received.moves, answered: 'answered' },
  },
  submitted: {
    ...TURN.submitted,
    does: 'Passes the command to the gateway.',
    idempotent_by:
      'The run id is the idempotency key. After another boot a command of the allowlist may run twice without harm.',
  },
  accepted: { ...TURN.accepted, does: 'Waits for the output of the command.' },
}

/** Without a message there is nobody to report to. */
const unreported = (rule: StepRule): StepRule => ({ ...rule, reports: null })

const SUB_AGENT: Readonly<Record<Step, StepRule>> = {
  received: unreported({
    ...TURN.received,
    does: 'Waits for its place, fetches a key of the sub-agent, creates its session with the model, stores boot and generation.',
    idempotent_by:
      'The row was stored together with the cursor, once per agent and id. A further key ends the former one; a session that is there stays.',
  }),
  submitted: unreported({
    ...TURN.submitted,
    does: 'Starts the one turn of the sub-agent with task and instructions. After another boot of the gateway it reads the history of the session first.',
  }),
  accepted: unreported({
    ...TURN.accepted,
    does: 'Waits for the end of the turn. Ends with the sub-agent, whoever ends that.',
  }),
  answered: {
    ...TURN.answered,
    does: 'Posts the answer as the sub-agent in the channel of its project, split into parts, in order.',
  },
  posted: {
    ...unreported(TURN.posted),
    does: 'Completes the sub-agent with the answer as its summary; without an answer terminates it with the reason. Then its session is archived and its key forgotten.',
    idempotent_by: 'A sub-agent ends once: the server refuses a second end, and that ends the row as well.',
  },
  done: DONE,
}

/** The table of steps: `received → submitted → accepted → answered → posted → done`, by kind of row. */
export const TABLE: Readonly<Record<RowKind, Readonly<Partial<Record<Step, StepRule>>>>> = {
  message: TURN,
  command: COMMAND,
  notice: {
    received: unreported(TURN.received),
    submitted: unreported(TURN.submitted),
    accepted: unreported(TURN.accepted),
    answered: TURN.answered,
    posted: unreported(TURN.posted),
    done: DONE,
  },
  speech: {
    answered: TURN.answered,
    posted: unreported(TURN.posted),
    done: DONE,
  },
  sub_agent: SUB_AGENT,
}
