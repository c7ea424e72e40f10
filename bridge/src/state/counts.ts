import type { Database } from 'bun:sqlite'
import type { Row } from './port.ts'

type Texts = Pick<Row, 'text' | 'answer'>

/** UTF-8 bytes of what people and agents wrote in a row. */
export function bytesOf(row: Texts): number {
  return Buffer.byteLength(row.text) + (row.answer === null ? 0 : Buffer.byteLength(row.answer))
}

/** Totals of the rows that are not done: read once, then kept with each stored change. */
export class Counts {
  unfinished = 0
  bytes = 0
  done = 0
  readonly by_agent = new Map<string, number>()
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
    this.read()
  }

  /** From the file. */
  read(): void {
    this.unfinished = 0
    this.bytes = 0
    this.by_agent.clear()
    const rows = this.#db
      .query<{ agent: string; rows: number; bytes: number }, []>(
        `select agent, count(*) as rows,
           sum(length(cast(text as blob)) + coalesce(length(cast(answer as blob)), 0)) as bytes
         from work where step <> 'done' group by agent`,
      )
      .all()
    for (const row of rows) {
      this.unfinished += row.rows
      this.bytes += row.bytes
      this.by_agent.set(row.agent, row.rows)
    }
    this.done =
      this.#db.query<{ n: number }, []>(`select count(*) as n from work where step = 'done'`).get()?.n ?? 0
  }

  added(row: Row): void {
    this.unfinished += 1
    this.bytes += bytesOf(row)
    this.by_agent.set(row.agent, (this.by_agent.get(row.agent) ?? 0) + 1)
  }

  changed(before: Row, after: Row): void {
    if (before.step === 'done') return
    this.bytes += bytesOf(after) - bytesOf(before)
    if (after.step !== 'done') return
    this.unfinished -= 1
    this.done += 1
    const left = (this.by_agent.get(after.agent) ?? 1) - 1
    if (left > 0) this.by_agent.set(after.agent, left)
    else this.by_agent.delete(after.agent)
  }
}
