import type { Database, Statement } from 'bun:sqlite'

/** Keys of finals that were spoken; at most `limit` of them, the oldest go first. */
export class Spoken {
  readonly #limit: number
  readonly #add: Statement<unknown, [string, string, number]>
  readonly #count: Statement<{ n: number }, []>
  readonly #dropOldest: Statement<unknown, [number]>
  readonly #dropOlder: Statement<unknown, [number]>

  constructor(db: Database, limit: number) {
    this.#limit = limit
    this.#add = db.query('insert into spoken values (?, ?, ?) on conflict do nothing')
    this.#count = db.query('select count(*) as n from spoken')
    this.#dropOldest = db.query(
      'delete from spoken where (agent, key) in (select agent, key from spoken order by at, agent, key limit ?)',
    )
    this.#dropOlder = db.query('delete from spoken where at < ?')
  }

  /** False when the key is there already. */
  add(agent: string, key: string, at: number): boolean {
    if (this.#add.run(agent, key, at).changes === 0) return false
    const over = (this.#count.get()?.n ?? 0) - this.#limit
    if (over > 0) this.#dropOldest.run(over)
    return true
  }

  dropOlder(at: number): void {
    this.#dropOlder.run(at)
  }
}
