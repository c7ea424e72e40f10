import { Database } from 'bun:sqlite'

interface Entry {
  role: 'user' | 'assistant'
  key: string | null
  run_id: string
  text: string
}

/** What a gateway keeps over a restart: who said what, in which session, under which key. */
export class Transcript {
  readonly #db: Database

  constructor(path: string) {
    this.#db = new Database(path, { create: true, strict: true })
    this.#db.run('pragma journal_mode = wal')
    this.#db.run(
      `create table if not exists entries (id integer primary key, session_key text not null, role text not null,
         key text, run_id text not null, text text not null)`,
    )
  }

  add(session_key: string, { role, key, run_id, text }: Entry): void {
    this.#db.run('insert into entries (session_key, role, key, run_id, text) values (?, ?, ?, ?, ?)', [
      session_key,
      role,
      key,
      run_id,
      text,
    ])
  }

  has(session_key: string, key: string): boolean {
    const query = 'select 1 from entries where session_key = ? and key = ?'
    return this.#db.query(query).get(session_key, key) !== null
  }

  /** As `chat.history` gives them. */
  rows(session_key: string): object[] {
    const query = 'select id, role, key, run_id, text from entries where session_key = ? order by id'
    return this.#db
      .query<Entry & { id: number }, [string]>(query)
      .all(session_key)
      .map(({ id, role, key, run_id, text }) =>
        role === 'user'
          ? { role, idempotencyKey: key, content: text, __openclaw: { id: `m${id}` } }
          : { role, content: [{ type: 'text', text }], __openclaw: { id: `m${id}`, runId: run_id } },
      )
  }

  /** Sessions whose last word is the user's. */
  unanswered(): { session_key: string; text: string }[] {
    return this.#db
      .query<{ session_key: string; text: string }, []>(
        `select session_key, text from entries e where role = 'user'
           and id = (select max(id) from entries where session_key = e.session_key)`,
      )
      .all()
  }
}
