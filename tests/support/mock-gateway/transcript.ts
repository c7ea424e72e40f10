/** What a gateway keeps over a restart: sessions, who said what under which key, inputs that wait, approved devices. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'

export interface Session {
  key: string
  session_id: string
  label: string | null
  /** Asked for at its creation; null for the agent's own. */
  model: string | null
  archived: number
}

export interface Row {
  id: string
  role: 'user' | 'assistant'
  /** `<run id>:user` of an input; the run id of a command's output. */
  key: string | null
  run_id: string | null
  text: string
  /** The gateway wrote it to resume an interrupted turn. */
  recovery: number
  at_ms: number
}

export interface PendingInput {
  run_id: string
  text: string
  interrupted: number
}

export class Transcript {
  readonly #db: Database

  /** Keeps everything in memory without a folder. */
  constructor(folder?: string) {
    this.#db = new Database(folder ? join(folder, 'transcript.sqlite') : ':memory:', {
      create: true,
      strict: true,
    })
    this.#db.run('pragma journal_mode = wal')
    this.#db.run(`create table if not exists sessions
      (key text primary key, session_id text not null, label text unique, model text, archived integer not null default 0)`)
    this.#db.run(`create table if not exists entries
      (number integer primary key, session_key text not null, id text not null, role text not null, key text,
       run_id text, text text not null, recovery integer not null default 0, at_ms integer not null, hidden integer not null default 0)`)
    this.#db.run(`create table if not exists pending
      (number integer primary key, session_key text not null, run_id text not null, text text not null,
       interrupted integer not null default 0)`)
    this.#db.run(`create table if not exists running (session_key text primary key, text text not null)`)
  }

  session(key: string): Session | undefined {
    return this.#db.query<Session, [string]>('select * from sessions where key = ?').get(key) ?? undefined
  }

  /** The session of that key; one that is there stays as it is. Throws for a label that another session has. */
  ensure(key: string, label: string | null = null, model: string | null = null): Session {
    const known = this.session(key)
    if (known) return known
    this.#db.run('insert into sessions (key, session_id, label, model) values (?, ?, ?, ?)', [
      key,
      crypto.randomUUID(),
      label,
      model,
    ])
    return this.session(key)!
  }

  sessions(): Session[] {
    return this.#db.query<Session, []>('select * from sessions order by key').all()
  }

  labelTaken(label: string, key: string): boolean {
    const query = 'select 1 from sessions where label = ? and key <> ?'
    return this.#db.query(query).get(label, key) !== null
  }

  setArchived(key: string, archived: boolean): void {
    this.#db.run('update sessions set archived = ? where key = ?', [Number(archived), key])
  }

  delete(key: string): void {
    for (const table of ['entries', 'pending', 'running'])
      this.#db.run(`delete from ${table} where session_key = ?`, [key])
    this.#db.run('delete from sessions where key = ?', [key])
  }

  add(session_key: string, row: Omit<Row, 'id' | 'recovery' | 'at_ms'> & { recovery?: boolean }): string {
    const id = crypto.randomUUID()
    this.#db.run(
      'insert into entries (session_key, id, role, key, run_id, text, recovery, at_ms) values (?, ?, ?, ?, ?, ?, ?, ?)',
      [session_key, id, row.role, row.key, row.run_id, row.text, Number(row.recovery ?? false), Date.now()],
    )
    return id
  }

  has(session_key: string, key: string): boolean {
    const query = 'select 1 from entries where session_key = ? and key = ?'
    return this.#db.query(query).get(session_key, key) !== null
  }

  /** The last rows, oldest first. */
  rows(session_key: string, limit: number): Row[] {
    const query = `select id, role, key, run_id, text, recovery, at_ms from entries
      where session_key = ? and hidden = 0 order by number desc limit ?`
    return this.#db.query<Row, [string, number]>(query).all(session_key, limit).reverse()
  }

  queue(session_key: string, run_id: string, text: string): void {
    this.#db.run('insert into pending (session_key, run_id, text) values (?, ?, ?)', [
      session_key,
      run_id,
      text,
    ])
  }

  unqueue(run_id: string): void {
    this.#db.run('delete from pending where run_id = ?', [run_id])
  }

  pending(session_key: string): PendingInput[] {
    const query = 'select run_id, text, interrupted from pending where session_key = ? order by number'
    return this.#db.query<PendingInput, [string]>(query).all(session_key)
  }

  isInterrupted(run_id: string): boolean {
    const query = 'select 1 from pending where run_id = ? and interrupted = 1'
    return this.#db.query(query).get(run_id) !== null
  }

  /** An input that was accepted will not run. */
  interrupt(run_id: string): void {
    this.#db.run('update pending set interrupted = 1 where run_id = ?', [run_id])
  }

  /** A turn begins or ends; one that is left at the next start was interrupted. */
  setRunning(session_key: string, text: string | null): void {
    if (text === null) this.#db.run('delete from running where session_key = ?', [session_key])
    else this.#db.run('insert or replace into running (session_key, text) values (?, ?)', [session_key, text])
  }

  /** At a start: what the last one left. Inputs that waited are interrupted for good. */
  interrupted(): { session_key: string; text: string }[] {
    this.#db.run('update pending set interrupted = 1')
    return this.#db
      .query<{ session_key: string; text: string }, []>('select session_key, text from running')
      .all()
  }

  /** A resumed turn begins a branch of its own: rows since the interrupted input are not listed any more. */
  branch(session_key: string): void {
    this.#db.run(
      `update entries set hidden = 1 where session_key = ? and number >=
         (select max(number) from entries where session_key = ? and role = 'user')`,
      [session_key, session_key],
    )
  }

  close(): void {
    this.#db.close()
  }
}
