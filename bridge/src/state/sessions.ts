import type { Database, Statement } from 'bun:sqlite'
import type { StoredSession } from './port.ts'

interface Stored {
  session: string
  channel_id: string
  generation: number
  primed_seq: number | null
  archived: number
}

/** Statements on the table of sessions; at most `limit` of them, least recently used ones go first. */
export class Sessions {
  readonly #limit: number
  readonly #use: Statement<unknown, [string, string, string, number]>
  readonly #one: Statement<Stored, [string, string]>
  readonly #all: Statement<Stored, [string]>
  readonly #next: Statement<Stored, [string, string]>
  readonly #prime: Statement<unknown, [number, string, string]>
  readonly #archive: Statement<unknown, [number, string, string]>
  readonly #trim: Statement<unknown, [string, string, number]>
  readonly #count: Statement<{ n: number }, []>

  constructor(db: Database, limit: number) {
    this.#limit = limit
    this.#use = db.query(
      `insert into session (agent, session, channel_id, generation, archived, used_at) values (?, ?, ?, 0, 0, ?)
       on conflict do update set channel_id = excluded.channel_id, used_at = excluded.used_at`,
    )
    this.#one = db.query('select * from session where agent = ? and session = ?')
    this.#all = db.query('select * from session where agent = ? order by session')
    this.#next = db.query(
      `update session set generation = generation + 1, primed_seq = null, archived = 0
       where agent = ? and session = ? returning *`,
    )
    this.#prime = db.query('update session set primed_seq = ? where agent = ? and session = ?')
    this.#archive = db.query('update session set archived = ? where agent = ? and session = ?')
    this.#count = db.query('select count(*) as n from session')
    this.#trim = db.query(
      `delete from session where (agent, session) in (
         select s.agent, s.session from session s
         where not (s.agent = ? and s.session = ?) and not exists (
           select 1 from work w where w.agent = s.agent and w.session = s.session and w.step <> 'done')
         order by s.archived desc, s.used_at limit ?)`,
    )
  }

  /** Call it in the transaction that stores the work of the session, after that work. */
  use(agent: string, session: string, channel_id: string, at: number): void {
    const is_new = this.#one.get(agent, session) === null
    this.#use.run(agent, session, channel_id, at)
    if (!is_new) return
    const over = (this.#count.get()?.n ?? 0) - this.#limit
    if (over > 0) this.#trim.run(agent, session, over)
  }

  generation(agent: string, session: string): number {
    return this.#one.get(agent, session)?.generation ?? 0
  }

  next(agent: string, session: string): number {
    const stored = this.#next.get(agent, session)
    if (!stored) throw new Error(`The session ${session} was never used.`)
    return stored.generation
  }

  primed(agent: string, session: string): number | null {
    return this.#one.get(agent, session)?.primed_seq ?? null
  }

  prime(agent: string, session: string, seq: number): void {
    if (this.#prime.run(seq, agent, session).changes === 0)
      throw new Error(`The session ${session} was never used.`)
  }

  all(agent: string): StoredSession[] {
    return this.#all.all(agent).map(({ session, generation, channel_id, archived }) => ({
      session,
      generation,
      channel_id,
      archived: archived === 1,
    }))
  }

  archive(agent: string, session: string, archived: boolean): void {
    this.#archive.run(archived ? 1 : 0, agent, session)
  }
}
