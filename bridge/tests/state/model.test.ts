import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Outcome, transition } from '../../src/delivery/steps.ts'
import type { NewRow, State } from '../../src/state/port.ts'
import { stateFolder } from './folder.ts'
import { MemoryState } from './memory-state.ts'
import { message } from './rows.ts'

const LIMITS = { unfinished_rows: 6, unfinished_bytes: 120, done_rows: 4, sessions: 3, spoken_keys: 3 }
const folder = stateFolder()

const agent = fc.constantFrom('scout', 'pilot')
const session = fc.constantFrom('s1', 's2', 's3', 's4')
const text = fc.string({ unit: fc.constantFrom('a', 'ü', '🦞', '\0', "'"), maxLength: 20 })
const row = fc
  .record({
    n: fc.nat(12),
    retry: fc.nat(2),
    session,
    text,
    kind: fc.constantFrom('message', 'command', 'notice', 'speech', 'sub_agent'),
  })
  .map(({ n, retry, session, text, kind }): NewRow => {
    const id = retry === 0 ? `e${n}` : `e${n}r${retry}`
    const change =
      kind === 'speech'
        ? ({ step: 'answered', answer: text, text: '', seq: null } as const)
        : { text, seq: n }
    return message(id, { ...change, kind, session })
  })
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ type: 'submitted', boot_id: 'b1', generation: 1 }),
  fc.constant<Outcome>({ type: 'accepted', boot_id: 'b2' }),
  text.map((text): Outcome => ({ type: 'answered', text })),
  fc.constantFrom<Outcome>(
    { type: 'started' },
    { type: 'silent' },
    { type: 'lost' },
    { type: 'reported' },
    { type: 'failed', reason: 'Refused.' },
    { type: 'stopped', by: 'Ann' },
    { type: 'part_posted', parts: 1 },
    { type: 'posted', parts: 2 },
    { type: 'delayed', reason: 'away' },
    { type: 'give_up', reason: 'Too late.' },
  ),
)

type Operation = (state: State) => unknown
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(agent, row, fc.nat(99)).map(
      ([a, r, n]): Operation =>
        (s) =>
          s.receive(a, `log.${n}`, r),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(agent, row).map(
      ([a, r]): Operation =>
        (s) =>
          s.enqueue(a, r),
    ),
  },
  {
    weight: 12,
    arbitrary: fc.tuple(agent, fc.nat(5), outcome).map(
      ([a, at, o]): Operation =>
        (s) => {
          const rows = s.unfinished(a)
          const row = rows[at % Math.max(1, rows.length)]
          if (!row) return null
          const { to, change } = transition(row, o)
          return s.advance(row, to, change)
        },
    ),
  },
  fc.tuple(agent, text).map(
    ([a, t]): Operation =>
      (s) => {
        const row = s.unfinished(a)[0]
        return row ? s.amend(row, { text: t }) : null
      },
  ),
  fc.nat(20).map(
    (ms): Operation =>
      (s) =>
        s.prune(ms),
  ),
  fc.tuple(agent, session).map(
    ([a, k]): Operation =>
      (s) =>
        s.useSession(a, k, 'c'),
  ),
  fc.tuple(agent, session).map(
    ([a, k]): Operation =>
      (s) =>
        s.nextGeneration(a, k),
  ),
  fc.tuple(agent, session, fc.nat(9)).map(
    ([a, k, n]): Operation =>
      (s) =>
        s.setPrimed(a, k, n),
  ),
  fc.tuple(agent, session, fc.boolean()).map(
    ([a, k, is]): Operation =>
      (s) =>
        s.setArchived(a, k, is),
  ),
  fc.tuple(agent, fc.nat(6)).map(
    ([a, n]): Operation =>
      (s) =>
        s.spoke(a, `k${n}`),
  ),
  agent.map(
    (a): Operation =>
      (s) =>
        s.forget(a),
  ),
)

/** What an operation answers, or the name of what it throws. */
function answer(run: () => unknown): unknown {
  try {
    return run() ?? null
  } catch (error) {
    return error instanceof Error ? error.name : error
  }
}

/** Everything that can be seen from outside. */
function seen(state: State) {
  return {
    counts: state.counts(),
    agents: state.agents(),
    by_agent: ['scout', 'pilot'].map((agent) => ({
      cursor: state.cursor(agent),
      unfinished: state.unfinished(agent),
      of_session: state.unfinished(agent, 's1'),
      sessions: state.sessions(agent),
      primed: ['s1', 's2'].map((session) => [state.generation(agent, session), state.primed(agent, session)]),
      rows: [0, 1, 2, 3].map((n) => [state.rowOf(agent, `e${n}`), state.rowsOfMessage(agent, 'general', n)]),
    })),
  }
}

test('any operations, with restarts between them, do what the plain model does', () => {
  const step = fc.oneof(
    { weight: 15, arbitrary: operation },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0
      const clock = () => now
      const path = folder.file()
      const model = new MemoryState(clock, LIMITS)
      let state = folder.open(path, { now: clock, limits: LIMITS })
      for (const one of steps) {
        now += 1
        if (one === 'restart') {
          state.close()
          state = folder.open(path, { now: clock, limits: LIMITS })
        } else expect(answer(() => one(state))).toEqual(answer(() => one(model)))
        expect(seen(state)).toEqual(seen(model))
      }
      state.close()
    }),
    { numRuns: 150 },
  )
})
