import { MoveRefused, mayBegin, mayMove } from '../../src/delivery/steps.ts'
import { STATE_LIMITS, type StateLimits } from '../../src/state/limits.ts'
import type { NewRow, Row, RowChange, State, StateCounts, Step, StoredSession } from '../../src/state/port.ts'
import { StaleRow, StateFull } from '../../src/state/port.ts'

type Session = StoredSession & { agent: string; primed_seq: number | null; used_at: number }

/** The state without a file, as plainly as possible: the model that the SQLite state is compared with. */
export class MemoryState implements State {
  readonly moved_aside = null
  readonly instance = crypto.randomUUID().replaceAll('-', '')
  readonly writable = true
  readonly #now: () => number
  readonly #limits: StateLimits
  readonly #cursors = new Map<string, string>()
  #rows: Row[] = []
  #sessions: Session[] = []
  #spoken: { agent: string; key: string; at: number }[] = []
  #numbers = 0
  #refused = false

  constructor(now: () => number, limits: Partial<StateLimits> = {}) {
    this.#now = now
    this.#limits = { ...STATE_LIMITS, ...limits }
  }

  cursor(agent: string): string | null {
    return this.#cursors.get(agent) ?? null
  }

  receive(agent: string, cursor: string, row?: NewRow): Row | undefined {
    const stored = row && this.enqueue(agent, row)
    this.#cursors.set(agent, cursor)
    return stored
  }

  enqueue(agent: string, row: NewRow): Row | undefined {
    if (this.rowOf(agent, row.id)) return undefined
    const { step = 'received', answer = null, ...rest } = row
    if (!mayBegin(row.kind, step)) throw new MoveRefused(row.kind)
    const size = Buffer.byteLength(row.text) + Buffer.byteLength(answer ?? '')
    const { unfinished, bytes } = this.counts()
    this.#refused = unfinished >= this.#limits.unfinished_rows || bytes + size > this.#limits.unfinished_bytes
    if (this.#refused) throw new StateFull()
    const at = this.#now()
    const stored: Row = {
      ...rest,
      agent,
      step,
      answer,
      number: ++this.#numbers,
      generation: null,
      attempt: 1,
      boot_id: null,
      failure: null,
      parts_posted: 0,
      received_at: at,
      updated_at: at,
    }
    this.#rows.push(stored)
    this.useSession(agent, row.session, row.channel_id)
    return { ...stored }
  }

  advance(row: Row, to: Step, change: RowChange = {}): Row {
    if (!mayMove(row.kind, row.step, to)) throw new MoveRefused(row.kind)
    return this.#change(row, to, change)
  }

  amend(row: Row, change: RowChange): Row {
    return this.#change(row, row.step, change)
  }

  #change(row: Row, to: Step, change: RowChange): Row {
    if (to === row.step && Object.keys(change).length === 0) return row
    const stored = this.#rows.find((one) => one.number === row.number)
    if (stored?.step !== row.step) throw new StaleRow()
    Object.assign(stored, change, { step: to, updated_at: this.#now() })
    if (to === 'done') Object.assign(stored, { text: '', answer: null })
    const done = this.#rows
      .filter((one) => one.step === 'done')
      .sort((a, b) => a.updated_at - b.updated_at || a.number - b.number)
    const dropped = done.slice(0, Math.max(0, done.length - this.#limits.done_rows))
    this.#rows = this.#rows.filter((one) => !dropped.includes(one))
    return { ...stored }
  }

  rowOf(agent: string, id: string): Row | null {
    const found = this.#rows.find((row) => row.agent === agent && row.id === id)
    return found ? { ...found } : null
  }

  rowsOfMessage(agent: string, channel_id: string, seq: number): Row[] {
    return this.#rows.filter((row) => row.agent === agent && row.channel_id === channel_id && row.seq === seq)
  }

  unfinished(agent: string, session?: string): Row[] {
    return this.#rows.filter(
      (row) =>
        row.agent === agent && row.step !== 'done' && (session === undefined || row.session === session),
    )
  }

  prune(older_than_ms: number): void {
    const from = this.#now() - older_than_ms
    this.#rows = this.#rows.filter((row) => row.step !== 'done' || row.updated_at >= from)
    this.#spoken = this.#spoken.filter((one) => one.at >= from)
  }

  agents(): string[] {
    const all = [...this.#rows, ...this.#sessions, ...this.#spoken].map((one) => one.agent)
    return [...new Set([...all, ...this.#cursors.keys()])].sort()
  }

  forget(agent: string): number {
    const lost = this.unfinished(agent).length
    this.#cursors.delete(agent)
    this.#rows = this.#rows.filter((one) => one.agent !== agent)
    this.#sessions = this.#sessions.filter((one) => one.agent !== agent)
    this.#spoken = this.#spoken.filter((one) => one.agent !== agent)
    return lost
  }

  useSession(agent: string, session: string, channel_id: string): void {
    const used_at = this.#now()
    const known = this.#session(agent, session)
    if (known) {
      Object.assign(known, { channel_id, used_at })
      return
    }
    const fresh = { agent, session, channel_id, generation: 0, primed_seq: null, archived: false, used_at }
    this.#sessions.push(fresh)
    const idle = this.#sessions
      .filter((one) => !(one.agent === agent && one.session === session))
      .filter((one) => this.unfinished(one.agent, one.session).length === 0)
      .sort((a, b) => Number(b.archived) - Number(a.archived) || a.used_at - b.used_at)
    const dropped = idle.slice(0, Math.max(0, this.#sessions.length - this.#limits.sessions))
    this.#sessions = this.#sessions.filter((one) => !dropped.includes(one))
  }

  generation(agent: string, session: string): number {
    return this.#session(agent, session)?.generation ?? 0
  }

  nextGeneration(agent: string, session: string): number {
    const known = this.#known(agent, session)
    Object.assign(known, { generation: known.generation + 1, primed_seq: null, archived: false })
    return known.generation
  }

  primed(agent: string, session: string): number | null {
    return this.#session(agent, session)?.primed_seq ?? null
  }

  setPrimed(agent: string, session: string, seq: number): void {
    this.#known(agent, session).primed_seq = seq
  }

  sessions(agent: string): StoredSession[] {
    return this.#sessions
      .filter((one) => one.agent === agent)
      .map(({ session, generation, channel_id, archived }) => ({ session, generation, channel_id, archived }))
      .sort((a, b) => (a.session < b.session ? -1 : 1))
  }

  setArchived(agent: string, session: string, archived: boolean): void {
    const known = this.#session(agent, session)
    if (known) known.archived = archived
  }

  spoke(agent: string, key: string): boolean {
    if (this.#spoken.some((one) => one.agent === agent && one.key === key)) return false
    this.#spoken.push({ agent, key, at: this.#now() })
    this.#spoken.sort((a, b) => a.at - b.at)
    this.#spoken.splice(0, Math.max(0, this.#spoken.length - this.#limits.spoken_keys))
    return true
  }

  counts(): StateCounts {
    const open = this.#rows.filter((row) => row.step !== 'done')
    const by_agent: Record<string, number> = {}
    for (const row of open) by_agent[row.agent] = (by_agent[row.agent] ?? 0) + 1
    return {
      unfinished: open.length,
      by_agent,
      bytes: open.reduce(
        (sum, row) => sum + Buffer.byteLength(row.text) + Buffer.byteLength(row.answer ?? ''),
        0,
      ),
      oldest_at: open.length === 0 ? null : Math.min(...open.map((row) => row.received_at)),
    }
  }

  get full(): boolean {
    const { unfinished, bytes } = this.counts()
    const { unfinished_rows, unfinished_bytes } = this.#limits
    return this.#refused && (unfinished > unfinished_rows * 0.9 || bytes > unfinished_bytes * 0.9)
  }

  probe(): boolean {
    return true
  }

  close(): void {}

  #session(agent: string, session: string): Session | undefined {
    return this.#sessions.find((one) => one.agent === agent && one.session === session)
  }

  #known(agent: string, session: string): Session {
    const known = this.#session(agent, session)
    if (!known) throw new Error(`The session ${session} was never used.`)
    return known
  }
}
