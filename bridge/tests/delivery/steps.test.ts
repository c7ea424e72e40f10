import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withSteps } from '../../scripts/steps-docs.ts'
import { OUTCOMES, type OutcomeType, TABLE } from '../../src/delivery/step-table.ts'
import {
  ATTEMPTS_MAX,
  allows,
  MoveRefused,
  mayBegin,
  mayMove,
  type Outcome,
  reportOf,
  transition,
} from '../../src/delivery/steps.ts'
import { stepsText } from '../../src/delivery/steps-text.ts'
import { ROW_KINDS, type Row, type RowKind, STEPS, type Step } from '../../src/state/port.ts'

const OUTCOME: { [T in OutcomeType]: Extract<Outcome, { type: T }> } = {
  submitted: { type: 'submitted', boot_id: 'boot-2', generation: 3 },
  accepted: { type: 'accepted', boot_id: 'boot-2' },
  started: { type: 'started' },
  answered: { type: 'answered', text: 'Done.' },
  silent: { type: 'silent' },
  failed: { type: 'failed', reason: 'Refused.' },
  stopped: { type: 'stopped', by: 'Ann' },
  lost: { type: 'lost' },
  part_posted: { type: 'part_posted', parts: 1 },
  posted: { type: 'posted', parts: 2 },
  reported: { type: 'reported' },
  delayed: { type: 'delayed', reason: 'the gateway is away' },
  give_up: { type: 'give_up', reason: 'No answer for 24 hours.' },
}

function row(kind: RowKind, step: Step, change: Partial<Row> = {}): Row {
  return {
    agent: 'scout',
    id: 'e1',
    kind,
    channel_id: 'general',
    seq: kind === 'message' || kind === 'command' ? 7 : null,
    reply_to: null,
    session: 's',
    text: 'question',
    step,
    number: 1,
    generation: 1,
    attempt: 1,
    boot_id: 'boot-1',
    answer: null,
    failure: null,
    parts_posted: 0,
    received_at: 0,
    updated_at: 0,
    ...change,
  }
}

/** Columns: received, submitted, accepted, answered, posted, done. A dot is a refusal, a letter the step that follows. */
const LETTERS: Record<string, Step> = {
  r: 'received',
  s: 'submitted',
  a: 'accepted',
  w: 'answered',
  p: 'posted',
  d: 'done',
}
const MESSAGE: Record<OutcomeType, string> = {
  submitted: 's s s . . .',
  accepted: '. a a . . .',
  started: '. a a . . .',
  answered: '. w w . . .',
  silent: '. p p . . .',
  failed: 'p p p p . .',
  stopped: 'p p p . . .',
  lost: '. r r . . .',
  part_posted: '. . . w . .',
  posted: '. . . p . .',
  reported: '. . . . d .',
  delayed: 'r s a w p .',
  give_up: 'p p p p d .',
}
const NEVER = '. . . . . .'
const EXPECTED: Record<RowKind, Record<OutcomeType, string>> = {
  message: MESSAGE,
  notice: MESSAGE,
  command: { ...MESSAGE, answered: 'w w w . . .' },
  speech: {
    submitted: NEVER,
    accepted: NEVER,
    started: NEVER,
    answered: NEVER,
    silent: NEVER,
    failed: '. . . p . .',
    stopped: NEVER,
    lost: NEVER,
    part_posted: '. . . w . .',
    posted: '. . . p . .',
    reported: '. . . . d .',
    delayed: '. . . w p .',
    give_up: '. . . p d .',
  },
  sub_agent: MESSAGE,
}

const PAIRS = ROW_KINDS.flatMap((kind) =>
  OUTCOMES.flatMap((outcome) =>
    STEPS.map((step, at) => ({
      kind,
      step,
      outcome,
      to: LETTERS[EXPECTED[kind][outcome].split(' ')[at] ?? ''],
    })),
  ),
)

describe('the table of steps', () => {
  test('B2 every kind, step and outcome moves as written here, or is refused', () => {
    expect(PAIRS.length).toBe(5 * 13 * 6)
    for (const { kind, step, outcome, to } of PAIRS) {
      const place = `${kind} ${step} ${outcome}`
      const from = row(kind, step)
      expect([place, allows(from, outcome)]).toEqual([place, to !== undefined])
      if (to === undefined) expect(() => transition(from, OUTCOME[outcome])).toThrow(MoveRefused)
      else expect([place, transition(from, OUTCOME[outcome]).to]).toEqual([place, to])
    }
  })

  test('B2 a state may move exactly along these', () => {
    for (const kind of ROW_KINDS)
      for (const from of STEPS)
        for (const to of STEPS) {
          const place = `${kind} ${from} ${to}`
          const expected = PAIRS.some((pair) => pair.kind === kind && pair.step === from && pair.to === to)
          expect([place, mayMove(kind, from, to)]).toEqual([place, expected])
        }
  })

  test('B3 every step leads to done, whatever happened before', () => {
    for (const kind of ROW_KINDS)
      for (const step of STEPS) {
        if (!TABLE[kind][step] || step === 'done') continue
        const ended = transition(row(kind, step), OUTCOME.give_up)
        const last = ended.to === 'done' ? ended : transition(row(kind, ended.to), OUTCOME.reported)
        expect(last.to).toBe('done')
      }
  })

  test('speech begins with its answer, everything else as received', () => {
    const begins = ROW_KINDS.map((kind) => STEPS.filter((step) => mayBegin(kind, step)))
    expect(begins).toEqual([['received'], ['received'], ['received'], ['answered'], ['received']])
  })
})

describe('what changes with a move', () => {
  const change = (step: Step, outcome: OutcomeType, of: Partial<Row> = {}) =>
    transition(row('message', step, of), OUTCOME[outcome]).change

  test('the answer of a sub-agent stays until it is its summary', () => {
    const posted = transition(row('sub_agent', 'answered', { answer: 'Done.' }), OUTCOME.posted)
    expect(posted.change).toEqual({ parts_posted: 2 })
  })

  test('boot and generation are stored before the turn is sent', () => {
    expect(change('received', 'submitted')).toEqual({ boot_id: 'boot-2', generation: 3 })
    expect(change('accepted', 'submitted')).toEqual({ boot_id: 'boot-2', generation: 3 })
    expect(change('submitted', 'accepted')).toEqual({ boot_id: 'boot-2' })
  })

  test('B16 the text goes when the answer is there, the answer when it is posted', () => {
    expect(change('accepted', 'answered')).toEqual({ answer: 'Done.', text: '' })
    expect(change('accepted', 'silent')).toEqual({ text: '' })
    expect(change('answered', 'part_posted')).toEqual({ parts_posted: 1 })
    expect(change('answered', 'posted')).toEqual({ parts_posted: 2, answer: null })
  })

  test('an end without an answer keeps its reason, and no text', () => {
    expect(change('received', 'failed')).toEqual({ failure: 'Refused.', text: '', answer: null })
    expect(change('accepted', 'stopped').failure).toBe('Stopped by Ann.')
    expect(change('answered', 'give_up').failure).toBe('No answer for 24 hours.')
    expect(change('posted', 'give_up', { failure: 'Refused.' })).toEqual({})
  })

  test('B6 a lost turn is tried under another run id, and fails when that happened too often', () => {
    expect(transition(row('message', 'accepted'), OUTCOME.lost)).toEqual({
      to: 'received',
      change: { attempt: 2, boot_id: null, generation: null },
      effects: [],
    })
    const last = transition(row('message', 'submitted', { attempt: ATTEMPTS_MAX }), OUTCOME.lost)
    expect([last.to, last.change.failure]).toEqual(['posted', 'The gateway lost the turn 10 times.'])
    expect(() => transition(row('message', 'answered', { attempt: ATTEMPTS_MAX }), OUTCOME.lost)).toThrow(
      MoveRefused,
    )
  })

  test('B15 an answer of spaces is none', () => {
    const { to, change } = transition(row('message', 'accepted'), { type: 'answered', text: ' \n\t' })
    expect([to, change]).toEqual(['posted', { text: '' }])
    expect(() => transition(row('command', 'received'), { type: 'answered', text: '' })).toThrow(MoveRefused)
  })
})

describe('what the server is told', () => {
  const effects = (kind: RowKind, step: Step, outcome: Outcome) =>
    transition(row(kind, step), outcome).effects

  test('B9 accepted is delivered, the start of the turn is working', () => {
    expect(effects('message', 'submitted', OUTCOME.accepted)).toEqual([
      { do: 'report', state: 'delivered', detail: null },
    ])
    expect(effects('message', 'accepted', OUTCOME.accepted)).toEqual([])
    for (const step of ['submitted', 'accepted'] as const)
      expect(effects('message', step, OUTCOME.started)).toEqual([
        { do: 'report', state: 'working', detail: null },
      ])
  })

  test('B10 a passing fault keeps the state and says why it waits', () => {
    const waits = (step: Step, working?: boolean) =>
      effects('message', step, { ...OUTCOME.delayed, ...(working !== undefined && { working }) }).map(
        (effect) => (effect.do === 'report' ? [effect.state, effect.detail] : effect),
      )
    const detail = 'Waits: the gateway is away'
    expect(waits('received')).toEqual([['queued', detail]])
    expect(waits('received', true)).toEqual([['queued', detail]])
    expect(waits('submitted')).toEqual([['queued', detail]])
    expect(waits('accepted')).toEqual([['delivered', detail]])
    expect(waits('accepted', true)).toEqual([['working', detail]])
    expect(waits('answered')).toEqual([['working', detail]])
    expect(waits('posted')).toEqual([])
  })

  test('without a message nothing is told', () => {
    for (const { kind, step, outcome, to } of PAIRS) {
      if (to === undefined || kind === 'message' || kind === 'command') continue
      expect(effects(kind, step, OUTCOME[outcome]).filter((effect) => effect.do === 'report')).toEqual([])
      expect(reportOf(row(kind, step))).toBeNull()
    }
  })

  test('giving up is said aloud', () => {
    for (const step of ['received', 'submitted', 'accepted', 'answered', 'posted'] as const)
      expect(effects('message', step, OUTCOME.give_up)).toEqual([
        { do: 'gave_up', reason: 'No answer for 24 hours.' },
      ])
  })

  test('B9 each step has its report, and the end says how it was', () => {
    const of = (step: Step, change: Partial<Row> = {}) => reportOf(row('message', step, change))
    expect(STEPS.map((step) => of(step)?.state ?? null)).toEqual([
      'queued',
      'queued',
      'delivered',
      null,
      'answered',
      null,
    ])
    expect(of('posted', { parts_posted: 1 })).toEqual({ state: 'answered', detail: null })
    expect(of('posted')?.detail).toBe('The agent ended its turn without an answer.')
    expect(of('posted', { failure: 'Refused.', parts_posted: 1 })).toEqual({
      state: 'failed',
      detail: 'Refused.',
    })
  })
})

test('B10 a reason is cut to what the server takes', () => {
  const reason = '🦞'.repeat(400)
  const report = reportOf(row('message', 'posted', { failure: reason }))
  const [waits] = transition(row('message', 'accepted'), { type: 'delayed', reason }).effects
  expect(report?.detail?.length).toBe(500)
  expect(waits?.do === 'report' && waits.detail?.length).toBe(500)
  expect(report?.detail?.endsWith('…')).toBe(true)
})

test('B2 docs/spec/bridge.md prints the table (else run: bun bridge/scripts/steps-docs.ts)', () => {
  const page = readFileSync(join(import.meta.dir, '../../../docs/spec/bridge.md'), 'utf8')
  expect(withSteps(page)).toBe(page)
})

test('the documents get a line for each step of each kind', () => {
  const text = stepsText()
  expect(text.match(/^### /gm)?.length).toBe(5)
  expect(text.match(/^\| `/gm)?.length).toBe(6 + 6 + 6 + 3 + 6)
  expect(text).toContain('`part_posted`, `delayed` → answered; `failed`, `posted`, `give_up` → posted |')
})
