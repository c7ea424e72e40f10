import { beforeEach, describe, expect, test } from 'bun:test'
import { MoveRefused } from '../../src/delivery/steps.ts'
import type { StateLimits } from '../../src/state/limits.ts'
import { StaleRow, type State, StateFull } from '../../src/state/port.ts'
import { added, finish, message } from './rows.ts'

/** A state that begins empty; `restart` closes it and gives what a new process would see. */
export interface Subject {
  state: State
  restart(): State
}

export type MakeSubject = (now: () => number, limits: Partial<StateLimits>) => Subject

const SESSION = message('').session

/** What every implementation of `State` promises. */
export function stateContract(name: string, make: MakeSubject): void {
  describe(name, () => {
    let now = 1_000
    let subject: Subject
    let state: State
    const begin = (limits: Partial<StateLimits> = {}) => {
      subject = make(() => now, limits)
      state = subject.state
    }
    beforeEach(() => {
      now = 1_000
      begin()
    })

    test('a state has one name for its whole life, and no other state has it', () => {
      const { instance } = state
      expect(instance).toMatch(/^[0-9a-f]{32}$/)
      state = subject.restart()
      expect(state.instance).toBe(instance)
      begin()
      expect(state.instance).not.toBe(instance)
    })

    describe('rows and cursor', () => {
      test('B1 a row and its cursor are stored together and survive a restart', () => {
        expect(state.cursor('scout')).toBeNull()
        const row = state.receive('scout', 'log.1', message('e1'))
        expect(row).toEqual({
          ...message('e1'),
          agent: 'scout',
          step: 'received',
          number: row?.number ?? -1,
          generation: null,
          attempt: 1,
          boot_id: null,
          answer: null,
          failure: null,
          parts_posted: 0,
          received_at: 1_000,
          updated_at: 1_000,
        })
        state = subject.restart()
        expect(state.cursor('scout')).toBe('log.1')
        expect(state.unfinished('scout')).toEqual(row ? [row] : [])
      })

      test('a cursor moves without a row, for its agent only', () => {
        expect(state.receive('scout', 'log.1')).toBeUndefined()
        expect(state.receive('scout', 'log.2')).toBeUndefined()
        expect([state.cursor('scout'), state.cursor('pilot')]).toEqual(['log.2', null])
      })

      test('a row that is there stays as it is, and the cursor moves', () => {
        const row = state.receive('scout', 'log.1', message('e1'))
        if (row) state.advance(row, 'submitted', { boot_id: 'b1', generation: 0 })
        expect(state.receive('scout', 'log.2', message('e1', { text: 'other' }))).toBeUndefined()
        expect(state.cursor('scout')).toBe('log.2')
        expect(state.rowOf('scout', 'e1')).toMatchObject({ step: 'submitted', text: 'text of e1' })
      })

      test('a row that is done suppresses its duplicate', () => {
        finish(state, added(state, 'scout', message('e1')))
        state = subject.restart()
        expect(state.receive('scout', 'log.1', message('e1'))).toBeUndefined()
        expect(state.unfinished('scout')).toEqual([])
      })

      test('two agents have rows with the same id', () => {
        added(state, 'scout', message('e1'))
        added(state, 'pilot', message('e1'))
        expect(state.counts().by_agent).toEqual({ scout: 1, pilot: 1 })
      })

      test('speech begins with its answer, everything else as received', () => {
        const speech = message('run-7', {
          kind: 'speech',
          seq: null,
          text: '',
          step: 'answered',
          answer: 'Hi',
        })
        expect(added(state, 'scout', speech)).toMatchObject({ step: 'answered', answer: 'Hi', seq: null })
        expect(() => state.enqueue('scout', message('e1', { step: 'answered', answer: 'x' }))).toThrow(
          MoveRefused,
        )
        expect(() => state.receive('scout', 'log.9', message('e2', { kind: 'speech' }))).toThrow(MoveRefused)
        expect(state.cursor('scout')).toBeNull()
      })

      test('text of every kind comes back as it was', () => {
        const text = `emoji 🦞, nul \0 inside, quotes '"\`, lines\r\n\n, ${'ü'.repeat(5_000)}`
        added(state, 'scout', message('e1', { text, reply_to: null, channel_id: '' }))
        state = subject.restart()
        expect(state.rowOf('scout', 'e1')).toMatchObject({ text, reply_to: null, channel_id: '' })
        expect(state.counts().bytes).toBe(Buffer.byteLength(text))
      })

      test('numbers grow, also when the newest rows were removed', () => {
        const first = finish(state, added(state, 'scout', message('e1')))
        now += 10
        state.prune(5)
        expect(state.rowOf('scout', 'e1')).toBeNull()
        state = subject.restart()
        expect(added(state, 'scout', message('e2')).number).toBeGreaterThan(first.number)
      })
    })

    describe('moves', () => {
      test('a row moves by the table, with its changes', () => {
        let row = added(state, 'scout', message('e1'))
        now = 2_000
        row = state.advance(row, 'submitted', { boot_id: 'b1', generation: 2 })
        row = state.advance(row, 'accepted')
        row = state.advance(row, 'answered', { answer: 'Done.', text: '' })
        row = state.amend(row, { parts_posted: 1 })
        expect(subject.restart().rowOf('scout', 'e1')).toEqual(row)
        expect(row).toMatchObject({
          step: 'answered',
          boot_id: 'b1',
          generation: 2,
          answer: 'Done.',
          text: '',
          parts_posted: 1,
          received_at: 1_000,
          updated_at: 2_000,
        })
      })

      test('B2 a move that is not in the table is refused, and nothing is stored', () => {
        const row = added(state, 'scout', message('e1'))
        expect(() => state.advance(row, 'accepted')).toThrow(MoveRefused)
        expect(() => state.advance(row, 'answered', { answer: 'x' })).toThrow(MoveRefused)
        expect(() => state.advance(row, 'done')).toThrow(MoveRefused)
        expect(state.rowOf('scout', 'e1')).toEqual(row)
      })

      test('an old copy of a row moves nothing', () => {
        const row = added(state, 'scout', message('e1'))
        state.advance(row, 'submitted', { boot_id: 'b1', generation: 0 })
        expect(() => state.advance(row, 'submitted', { boot_id: 'b2', generation: 0 })).toThrow(StaleRow)
        expect(() => state.amend(row, { text: 'x' })).toThrow(StaleRow)
        expect(state.rowOf('scout', 'e1')?.boot_id).toBe('b1')
      })

      test('a change applies to the row as it is stored', () => {
        const row = added(state, 'scout', message('e1'))
        state.amend(row, { failure: 'first' })
        expect(state.amend(row, { text: 'new' })).toMatchObject({ failure: 'first', text: 'new' })
      })

      test('a move to the same step without a change writes nothing', () => {
        const row = added(state, 'scout', message('e1'))
        now = 5_000
        expect(state.advance(row, 'received')).toEqual(row)
        expect(state.rowOf('scout', 'e1')?.updated_at).toBe(1_000)
      })

      test('B16 text and answer are gone when a row is done', () => {
        const speech = { kind: 'speech', text: '', step: 'answered', answer: 'Hi' } as const
        const row = added(state, 'scout', message('s1', speech))
        const done = state.advance(state.advance(row, 'posted', { parts_posted: 1 }), 'done')
        expect(done).toMatchObject({ step: 'done', text: '', answer: null, parts_posted: 1 })
        expect(subject.restart().rowOf('scout', 's1')).toEqual(done)
      })
    })

    describe('finding rows', () => {
      test('unfinished rows by agent and session, in order', () => {
        const other = 'agent:main:mc:acme:org:c2'
        added(state, 'scout', message('e3'))
        added(state, 'scout', message('e1', { session: other }))
        finish(state, added(state, 'scout', message('e2')))
        added(state, 'pilot', message('e4'))
        added(state, 'scout', message('e0'))
        const ids = (session?: string) => state.unfinished('scout', session).map((row) => row.id)
        expect(ids()).toEqual(['e3', 'e1', 'e0'])
        expect(ids(SESSION)).toEqual(['e3', 'e0'])
        expect(ids(other)).toEqual(['e1'])
        expect(ids('none')).toEqual([])
      })

      test('all rows of a message, with its retries, done ones too', () => {
        finish(state, added(state, 'scout', message('e12', { seq: 7 })))
        added(state, 'scout', message('e12r1', { seq: 7 }))
        added(state, 'scout', message('e13', { seq: 8 }))
        added(state, 'pilot', message('e12', { seq: 7 }))
        const rows = state.rowsOfMessage('scout', 'general', 7)
        expect(rows.map(({ id, step }) => [id, step])).toEqual([
          ['e12', 'done'],
          ['e12r1', 'received'],
        ])
        expect(state.rowsOfMessage('scout', 'other', 7)).toEqual([])
      })
    })

    describe('bounds', () => {
      test('B20 the row over the limit is refused, its cursor stays, and there is room when one is done', () => {
        begin({ unfinished_rows: 2 })
        const first = added(state, 'scout', message('e1'))
        state.receive('pilot', 'log.2', message('e2'))
        expect(() => state.receive('pilot', 'log.3', message('e3'))).toThrow(StateFull)
        expect([state.cursor('pilot'), state.rowOf('pilot', 'e3')]).toEqual(['log.2', null])
        // A duplicate and an event without work are no new rows.
        expect(state.receive('pilot', 'log.3', message('e2'))).toBeUndefined()
        expect(state.receive('pilot', 'log.4')).toBeUndefined()
        state = subject.restart()
        expect(() => state.receive('pilot', 'log.5', message('e3'))).toThrow(StateFull)
        finish(state, first)
        expect(state.receive('pilot', 'log.5', message('e3'))?.id).toBe('e3')
      })

      test('it is full from the first refusal until a tenth is free', () => {
        begin({ unfinished_rows: 20 })
        const rows = Array.from({ length: 20 }, (_, n) => added(state, 'scout', message(`e${n}`)))
        expect(state.full).toBe(false)
        expect(() => state.enqueue('scout', message('e20'))).toThrow(StateFull)
        expect(state.full).toBe(true)
        for (const row of rows.slice(0, 1)) finish(state, row)
        expect(state.full).toBe(true)
        for (const row of rows.slice(1, 2)) finish(state, row)
        expect(state.full).toBe(false)
      })

      test('bytes of text and answers count, in UTF-8, exactly', () => {
        begin({ unfinished_bytes: 20 })
        const row = added(state, 'scout', message('e1', { text: 'ü'.repeat(9) }))
        expect(state.counts().bytes).toBe(18)
        expect(() => state.enqueue('scout', message('e2', { text: 'abc' }))).toThrow(StateFull)
        added(state, 'scout', message('e3', { text: 'ab' }))
        // An answer is never refused: it would be lost.
        const submitted = state.advance(row, 'submitted', { boot_id: 'b', generation: 0 })
        const answered = state.advance(submitted, 'answered', { answer: 'a'.repeat(100), text: '' })
        expect(state.counts().bytes).toBe(102)
        expect(subject.restart().counts()).toEqual({
          unfinished: 2,
          bytes: 102,
          by_agent: { scout: 2 },
          oldest_at: 1_000,
        })
        state = subject.restart()
        state.advance(state.advance(answered, 'posted', { parts_posted: 1 }), 'done')
        expect(state.counts()).toMatchObject({ unfinished: 1, bytes: 2 })
      })

      test('B21 the oldest done rows go first when there are too many', () => {
        begin({ done_rows: 2 })
        for (const id of ['e1', 'e2', 'e3']) {
          now += 1
          finish(state, added(state, 'scout', message(id)))
        }
        expect(['e1', 'e2', 'e3'].map((id) => state.rowOf('scout', id)?.id ?? null)).toEqual([
          null,
          'e2',
          'e3',
        ])
      })

      test('prune removes what is older, never what is unfinished', () => {
        finish(state, added(state, 'scout', message('e1')))
        added(state, 'scout', message('e2'))
        state.spoke('scout', 'run-1')
        now += 100
        finish(state, added(state, 'scout', message('e3')))
        state.prune(100)
        expect(state.rowOf('scout', 'e1')).not.toBeNull()
        state.prune(99)
        expect(state.rowOf('scout', 'e1')).toBeNull()
        expect(state.rowOf('scout', 'e2')).not.toBeNull()
        expect(state.rowOf('scout', 'e3')).not.toBeNull()
        expect(state.spoke('scout', 'run-1')).toBe(true)
      })

      test('B21 sessions without work that were not used for longest go first, archived ones before', () => {
        begin({ sessions: 3 })
        added(state, 'scout', message('e1', { session: 'busy' }))
        for (const session of ['a', 'b']) {
          now += 1
          state.useSession('scout', session, 'general')
        }
        state.setArchived('scout', 'b', true)
        now += 1
        state.useSession('pilot', 'c', 'general')
        expect(state.sessions('scout').map((one) => one.session)).toEqual(['a', 'busy'])
        now += 1
        state.useSession('pilot', 'd', 'general')
        expect(state.sessions('scout').map((one) => one.session)).toEqual(['busy'])
        expect(state.sessions('pilot').map((one) => one.session)).toEqual(['c', 'd'])
      })

      test('B21 the oldest spoken keys go first', () => {
        begin({ spoken_keys: 2 })
        for (const key of ['a', 'b', 'c']) {
          now += 1
          expect(state.spoke('scout', key)).toBe(true)
        }
        expect(['b', 'c'].map((key) => state.spoke('scout', key))).toEqual([false, false])
        expect(state.spoke('scout', 'a')).toBe(true)
      })
    })

    describe('counts', () => {
      test('nothing waits in a new state', () => {
        expect(state.counts()).toEqual({ unfinished: 0, bytes: 0, by_agent: {}, oldest_at: null })
      })

      test('the oldest row that is not done', () => {
        const first = added(state, 'scout', message('e1'))
        now = 2_000
        added(state, 'pilot', message('e2'))
        expect(state.counts().oldest_at).toBe(1_000)
        finish(state, first)
        expect(state.counts()).toMatchObject({ oldest_at: 2_000, by_agent: { pilot: 1 } })
      })
    })

    describe('sessions', () => {
      test('a row makes its session known; a reset begins the next generation', () => {
        expect([state.generation('scout', SESSION), state.primed('scout', SESSION)]).toEqual([0, null])
        added(state, 'scout', message('e1'))
        state.setPrimed('scout', SESSION, 40)
        state.setArchived('scout', SESSION, true)
        const stored = { session: SESSION, channel_id: 'general' }
        expect(state.sessions('scout')).toEqual([{ ...stored, generation: 0, archived: true }])
        expect(state.primed('scout', SESSION)).toBe(40)
        expect(state.nextGeneration('scout', SESSION)).toBe(1)
        state = subject.restart()
        expect(state.sessions('scout')).toEqual([{ ...stored, generation: 1, archived: false }])
        expect([state.generation('scout', SESSION), state.primed('scout', SESSION)]).toEqual([1, null])
        expect(state.sessions('pilot')).toEqual([])
      })

      test('using a session again keeps its generation', () => {
        state.useSession('scout', 's', 'c1')
        state.nextGeneration('scout', 's')
        state.setArchived('scout', 's', true)
        state.useSession('scout', 's', 'c2')
        expect(state.sessions('scout')).toEqual([
          { session: 's', channel_id: 'c2', generation: 1, archived: true },
        ])
      })

      test('a session that was never used has no generation to end', () => {
        expect(() => state.nextGeneration('scout', 's')).toThrow('never used')
        expect(() => state.setPrimed('scout', 's', 1)).toThrow('never used')
        state.setArchived('scout', 's', true)
        expect(state.sessions('scout')).toEqual([])
      })
    })

    test('B14 a final is spoken once, also after a restart', () => {
      expect(state.spoke('scout', 'run-1')).toBe(true)
      expect(state.spoke('scout', 'run-1')).toBe(false)
      expect(state.spoke('pilot', 'run-1')).toBe(true)
      state = subject.restart()
      expect(state.spoke('scout', 'run-1')).toBe(false)
    })

    test('an agent is forgotten with everything', () => {
      state.receive('scout', 'log.1', message('e1'))
      finish(state, added(state, 'scout', message('e2')))
      state.spoke('scout', 'run-1')
      added(state, 'pilot', message('e1'))
      expect(state.agents()).toEqual(['pilot', 'scout'])
      expect(state.forget('scout')).toBe(1)
      expect(state.agents()).toEqual(['pilot'])
      expect(state.counts()).toMatchObject({ unfinished: 1, by_agent: { pilot: 1 } })
      expect([state.cursor('scout'), state.rowOf('scout', 'e2'), state.sessions('scout')]).toEqual([
        null,
        null,
        [],
      ])
      expect(state.forget('scout')).toBe(0)
    })

    test('a state that takes writes says so', () => {
      expect([state.probe(), state.probe(), state.writable, state.moved_aside]).toEqual([
        true,
        true,
        true,
        null,
      ])
    })
  })
}
