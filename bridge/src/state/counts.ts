import type { Database } from 'bun:sqlite'
import type { StateLimits } from './limits.ts'
import { type Row, StateFull } from './port.ts'

type Texts = Pick<Row, 'text' | 'answer'>

/** UTF-8 bytes of what people and agents wrote in a row. */
export function bytesOf(row: Texts): number {
  return Buffer.byteLength(row.text) + (row.answer === null ? 0 : Buffer.byteLength(row.answer))
}

/** Part of a bound that counts as full after a refusal, so that each row that ends does not end the state of being full. */
const FULL_ABOVE = 0.9

/** Totals of the rows that are not done, and their bounds: read once, then kept with each stored change. */
export class Counts {
  unfinished = 0
  bytes = 0
  done = 0
  readonly by_agent = new Map<string, number>()
  readonly #db: Database
  readonly #limits: StateLimits
  #refused = false

  constructor(db: Database, limits: StateLimits) {
    this.#db = db
    this.#limits = limits
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

  /** Throws `StateFull` when a new row with so much text is too much. */
  refuseOverLimit(bytes: number): void {
    const { unfinished_rows, unfinished_bytes } = this.#limits
    const rows_fit = this.unfinished < unfinished_rows
    const bytes_fit = this.bytes + bytes <= unfinished_bytes
    this.#refused = !rows_fit || !bytes_fit
    if (!rows_fit) throw new StateFull(`${unfinished_rows} messages wait to be worked on; no more are taken.`)
    if (!bytes_fit)
      throw new StateFull(
        `${unfinished_bytes / 1024 / 1024} MiB of text wait to be worked on; no more are taken.`,
      )
  }

  get full(): boolean {
    const { unfinished_rows, unfinished_bytes } = this.#limits
    const much = this.unfinished > unfinished_rows * FULL_ABOVE || this.bytes > unfinished_bytes * FULL_ABOVE
    return this.#refused && much
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
