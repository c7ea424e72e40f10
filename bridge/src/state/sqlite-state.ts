import type { Database } from 'bun:sqlite'
import { MoveRefused, mayBegin, mayMove } from '../delivery/steps.ts'
import { bytesOf, Counts } from './counts.ts'
import { asUnwritable } from './faults.ts'
import type { StateLimits } from './limits.ts'
import type { NewRow, Row, RowChange, State, StateCounts, Step, StoredSession } from './port.ts'
import { StaleRow, StateUnwritable } from './port.ts'
import { Rows } from './rows.ts'
import { Sessions } from './sessions.ts'
import { Spoken } from './spoken.ts'

/** As much as a long message: a nearly full disk still takes small writes. */
const PROBE_BYTES = 64 * 1024

export interface Opened {
  db: Database
  path: string
  moved_aside: string | null
  now: () => number
  limits: StateLimits
  release: () => void
}

/** The state in one SQLite file, which this process has for itself. Each method is one transaction, on the disk when it returns. */
export class SqliteState implements State {
  readonly moved_aside: string | null
  readonly instance: string
  writable = true
  readonly #db: Database
  readonly #path: string
  readonly #now: () => number
  readonly #limits: StateLimits
  readonly #release: () => void
  readonly #rows: Rows
  readonly #sessions: Sessions
  readonly #spoken: Spoken
  readonly #counts: Counts

  constructor({ db, path, moved_aside, now, limits, release }: Opened) {
    this.#db = db
    this.instance = db.query<{ instance: string }, []>('select instance from identity').get()?.instance ?? ''
    this.#path = path
    this.moved_aside = moved_aside
    this.#now = now
    this.#limits = limits
    this.#release = release
    this.#rows = new Rows(db)
    this.#sessions = new Sessions(db, limits.sessions)
    this.#spoken = new Spoken(db, limits.spoken_keys)
    this.#counts = new Counts(db, limits)
    const page = db.query<{ page_size: number }, []>('pragma page_size').get()?.page_size ?? 4096
    db.run(`pragma max_page_count = ${Math.floor(limits.file_bytes / page)}`)
  }

  cursor(agent: string): string | null {
    const found = this.#db
      .query<{ cursor: string }, [string]>('select cursor from cursor where agent = ?')
      .get(agent)
    return found?.cursor ?? null
  }

  receive(agent: string, cursor: string, row?: NewRow): Row | undefined {
    return this.#add(agent, row, cursor)
  }

  enqueue(agent: string, row: NewRow): Row | undefined {
    return this.#add(agent, row)
  }

  #add(agent: string, row: NewRow | undefined, cursor?: string): Row | undefined {
    const added = this.#write(() => {
      const stored = row && this.#insert(agent, row)
      if (cursor !== undefined)
        this.#db
          .query('insert into cursor values (?, ?) on conflict do update set cursor = excluded.cursor')
          .run(agent, cursor)
      return stored
    })
    if (added) this.#counts.added(added)
    return added
  }

  #insert(agent: string, row: NewRow): Row | undefined {
    if (this.#rows.byId(agent, row.id)) return undefined
    const step = row.step ?? 'received'
    if (!mayBegin(row.kind, step)) throw new MoveRefused(`A ${row.kind} does not begin as ${step}.`)
    this.#counts.refuseOverLimit(bytesOf({ text: row.text, answer: row.answer ?? null }))
    const at = this.#now()
    const stored = this.#rows.insert(agent, row, at)
    this.#sessions.use(agent, row.session, row.channel_id, at)
    return stored
  }

  advance(row: Row, to: Step, change: RowChange = {}): Row {
    if (!mayMove(row.kind, row.step, to))
      throw new MoveRefused(`A ${row.kind} does not move from ${row.step} to ${to}.`)
    return this.#change(row, to, change)
  }

  amend(row: Row, change: RowChange): Row {
    return this.#change(row, row.step, change)
  }

  #change(row: Row, to: Step, change: RowChange): Row {
    if (to === row.step && Object.keys(change).length === 0) return row
    const moved = this.#write(() => {
      const before = this.#rows.byNumber(row.number)
      if (before?.step !== row.step)
        throw new StaleRow(
          `The row ${row.id} is ${before ? `in step ${before.step}` : 'gone'}, not in ${row.step}.`,
        )
      const after: Row = { ...before, ...change, step: to, updated_at: this.#now() }
      if (to === 'done') Object.assign(after, { text: '', answer: null })
      this.#rows.update(after)
      const over = this.#counts.done + (to === 'done' ? 1 : 0) - this.#limits.done_rows
      return { before, after, dropped: this.#rows.dropOldest(over) }
    })
    this.#counts.changed(moved.before, moved.after)
    this.#counts.done -= moved.dropped
    return moved.after
  }

  rowOf(agent: string, id: string): Row | null {
    return this.#rows.byId(agent, id)
  }

  rowsOfMessage(agent: string, channel_id: string, seq: number): Row[] {
    return this.#rows.ofMessage(agent, channel_id, seq)
  }

  unfinished(agent: string, session?: string): Row[] {
    return this.#rows.unfinished(agent, session)
  }

  prune(older_than_ms: number): void {
    const now = this.#now()
    const dropped = this.#write(() => {
      this.#spoken.dropOlder(now - older_than_ms)
      return this.#rows.dropOlder(now - older_than_ms)
    })
    this.#counts.done -= dropped
  }

  agents(): string[] {
    return this.#db
      .query<{ agent: string }, []>(
        `select agent from cursor union select agent from work union select agent from session
         union select agent from spoken order by agent`,
      )
      .all()
      .map((row) => row.agent)
  }

  forget(agent: string): number {
    const lost = this.#counts.by_agent.get(agent) ?? 0
    this.#write(() => {
      for (const table of ['cursor', 'work', 'session', 'spoken'])
        this.#db.query(`delete from ${table} where agent = ?`).run(agent)
    })
    this.#counts.read()
    return lost
  }

  useSession(agent: string, session: string, channel_id: string): void {
    this.#write(() => this.#sessions.use(agent, session, channel_id, this.#now()))
  }

  generation(agent: string, session: string): number {
    return this.#sessions.generation(agent, session)
  }

  nextGeneration(agent: string, session: string): number {
    return this.#write(() => this.#sessions.next(agent, session))
  }

  primed(agent: string, session: string): number | null {
    return this.#sessions.primed(agent, session)
  }

  setPrimed(agent: string, session: string, seq: number): void {
    this.#write(() => this.#sessions.prime(agent, session, seq))
  }

  sessions(agent: string): StoredSession[] {
    return this.#sessions.all(agent)
  }

  setArchived(agent: string, session: string, archived: boolean): void {
    this.#write(() => this.#sessions.archive(agent, session, archived))
  }

  spoke(agent: string, key: string): boolean {
    return this.#write(() => this.#spoken.add(agent, key, this.#now()))
  }

  counts(): StateCounts {
    const { unfinished, bytes, by_agent } = this.#counts
    return { unfinished, bytes, by_agent: Object.fromEntries(by_agent), oldest_at: this.#rows.oldest() }
  }

  get full(): boolean {
    return this.#counts.full
  }

  probe(): boolean {
    try {
      this.#write(() =>
        this.#db
          .query(
            `insert into probe values (1, randomblob(${PROBE_BYTES}))
             on conflict do update set filler = excluded.filler`,
          )
          .run(),
      )
    } catch (error) {
      if (!(error instanceof StateUnwritable)) throw error
    }
    return this.writable
  }

  close(): void {
    this.#db.close()
    this.#release()
  }

  /** One transaction. Faults of the disk come out as `StateUnwritable`, with nothing stored. */
  #write<T>(work: () => T): T {
    try {
      const result = this.#db.transaction(work)()
      this.writable = true
      return result
    } catch (error) {
      const known = asUnwritable(this.#path, error)
      if (known instanceof StateUnwritable) this.writable = false
      throw known
    }
  }
}
