import { Database } from 'bun:sqlite'

/** How far a row is. Each step may be repeated: what it does has an id that does not change. */
export const STEPS = ['received', 'submitted', 'accepted', 'answered', 'posted', 'done'] as const
export type Step = (typeof STEPS)[number]

/** One event that asks something of the agent. `text` is kept until the answer is posted. */
export interface Row {
  sequence: number
  channel_id: string
  seq: number
  kind: 'message' | 'command'
  step: Step
  text: string
  /** The gateway's start during which it was submitted: another one has forgotten our ids. */
  boot_id: string | null
  answer: string | null
}

/** What a bridge must not forget: its cursor, and every event it has not finished. */
export class State {
  readonly #db: Database

  constructor(path: string) {
    this.#db = new Database(path, { create: true, strict: true })
    this.#db.run('pragma journal_mode = wal')
    this.#db.run('pragma synchronous = full')
    this.#db.run('create table if not exists cursor (id text not null)')
    this.#db.run(
      `create table if not exists work (sequence integer primary key, channel_id text not null, seq integer not null,
         kind text not null, step text not null, text text not null, boot_id text, answer text)`,
    )
  }

  cursor(): string | null {
    return this.#db.query<{ id: string }, []>('select id from cursor').get()?.id ?? null
  }

  /** The row, if there is one, and the cursor in one transaction: an event is never skipped and never worked on twice. */
  receive(cursor: string, row?: Omit<Row, 'step' | 'boot_id' | 'answer'>): void {
    this.#db.transaction(() => {
      if (row)
        this.#db.run(
          `insert into work (sequence, channel_id, seq, kind, step, text) values (?, ?, ?, ?, 'received', ?)
           on conflict do nothing`,
          [row.sequence, row.channel_id, row.seq, row.kind, row.text],
        )
      this.#db.run('delete from cursor')
      this.#db.run('insert into cursor values (?)', [cursor])
    })()
  }

  /** What is not done, oldest first. */
  unfinished(): Row[] {
    return this.#db.query<Row, []>(`select * from work where step <> 'done' order by sequence`).all()
  }

  advance(row: Row, step: Step, change: Partial<Pick<Row, 'boot_id' | 'answer'>> = {}): void {
    Object.assign(row, change, { step })
    // Nothing that people wrote stays here when it is not needed any more.
    if (step === 'done') Object.assign(row, { text: '', answer: null })
    this.#db.run('update work set step = ?, boot_id = ?, answer = ?, text = ? where sequence = ?', [
      row.step,
      row.boot_id,
      row.answer,
      row.text,
      row.sequence,
    ])
  }
}
