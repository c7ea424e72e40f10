import type { Database, Statement } from 'bun:sqlite'
import type { NewRow, Row } from './port.ts'

/** Statements on the table of work. */
export class Rows {
  readonly #insert: Statement<Row, (string | number | null)[]>
  readonly #update: Statement<unknown, (string | number | null)[]>
  readonly #byId: Statement<Row, [string, string]>
  readonly #byNumber: Statement<Row, [number]>
  readonly #ofMessage: Statement<Row, [string, string, number]>
  readonly #ofAgent: Statement<Row, [string]>
  readonly #ofSession: Statement<Row, [string, string]>
  readonly #oldest: Statement<{ at: number | null }, []>
  readonly #dropOlder: Statement<unknown, [number]>
  readonly #dropOldest: Statement<unknown, [number]>

  constructor(db: Database) {
    this.#insert = db.query(
      `insert into work (agent, id, kind, channel_id, seq, reply_to, session, text, step, answer, attempt, parts_posted,
         received_at, updated_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0, ?, ?) returning *`,
    )
    this.#update = db.query(
      `update work set step = ?, generation = ?, attempt = ?, boot_id = ?, answer = ?, failure = ?, parts_posted = ?,
         text = ?, updated_at = ?
       where number = ?`,
    )
    this.#byId = db.query('select * from work where agent = ? and id = ?')
    this.#byNumber = db.query('select * from work where number = ?')
    this.#ofMessage = db.query(
      'select * from work where agent = ? and channel_id = ? and seq = ? order by number',
    )
    this.#ofAgent = db.query(`select * from work where agent = ? and step <> 'done' order by number`)
    this.#ofSession = db.query(
      `select * from work where agent = ? and session = ? and step <> 'done' order by number`,
    )
    this.#oldest = db.query(`select min(received_at) as at from work where step <> 'done'`)
    this.#dropOlder = db.query(`delete from work where step = 'done' and updated_at < ?`)
    this.#dropOldest = db.query(
      `delete from work where number in
         (select number from work where step = 'done' order by updated_at, number limit ?)`,
    )
  }

  insert(agent: string, row: NewRow, at: number): Row {
    const { id, kind, channel_id, seq, reply_to, session, text } = row
    const step = row.step ?? 'received'
    const stored = this.#insert.get(
      ...[agent, id, kind, channel_id, seq, reply_to, session, text, step, row.answer ?? null, at, at],
    )
    if (!stored) throw new Error(`The row ${id} was not stored.`)
    return stored
  }

  update(row: Row): void {
    this.#update.run(
      ...[row.step, row.generation, row.attempt, row.boot_id, row.answer, row.failure, row.parts_posted],
      ...[row.text, row.updated_at, row.number],
    )
  }

  byId(agent: string, id: string): Row | null {
    return this.#byId.get(agent, id)
  }

  byNumber(number: number): Row | null {
    return this.#byNumber.get(number)
  }

  ofMessage(agent: string, channel_id: string, seq: number): Row[] {
    return this.#ofMessage.all(agent, channel_id, seq)
  }

  unfinished(agent: string, session?: string): Row[] {
    return session === undefined ? this.#ofAgent.all(agent) : this.#ofSession.all(agent, session)
  }

  oldest(): number | null {
    return this.#oldest.get()?.at ?? null
  }

  /** Done rows that were last changed before `at`; answers how many. */
  dropOlder(at: number): number {
    return this.#dropOlder.run(at).changes
  }

  /** The oldest done rows; answers how many. */
  dropOldest(count: number): number {
    return count > 0 ? this.#dropOldest.run(count).changes : 0
  }
}
