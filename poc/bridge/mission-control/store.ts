/** The log of the minimal server: one file, every message and its events written in one transaction. */
import { Database } from 'bun:sqlite'
import type { LogEvent, Message, PostMessage, Sender } from '../wire.ts'

export interface Posted {
  message: Message
  created: boolean
}

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s+(.*))?$/s

export class Store {
  readonly #db: Database
  /** Id of this log's incarnation, the first part of every cursor. */
  readonly log: string

  constructor(path: string) {
    this.#db = new Database(path, { create: true, strict: true })
    this.#db.run('pragma journal_mode = wal')
    this.#db.run('pragma synchronous = full')
    this.#db.run(`create table if not exists meta (log text not null)`)
    this.#db.run(`create table if not exists events (sequence integer primary key, event text not null)`)
    this.#db.run(
      `create table if not exists messages (channel_id text not null, seq integer not null, sender_id text not null,
         client_id text, message text not null, primary key (channel_id, seq), unique (channel_id, sender_id, client_id))`,
    )
    const meta = this.#db.query<{ log: string }, []>('select log from meta').get()
    this.log = meta?.log ?? crypto.randomUUID().slice(0, 8)
    if (!meta) this.#db.run('insert into meta (log) values (?)', [this.log])
  }

  head(): number {
    return (
      this.#db.query<{ head: number | null }, []>('select max(sequence) as head from events').get()?.head ?? 0
    )
  }

  eventsAfter(sequence: number, count_max: number): LogEvent[] {
    return this.#db
      .query<{ event: string }, [number, number]>(
        'select event from events where sequence > ? order by sequence limit ?',
      )
      .all(sequence, count_max)
      .map(({ event }) => JSON.parse(event))
  }

  messages(channel_id: string): Message[] {
    return this.#db
      .query<{ message: string }, [string]>('select message from messages where channel_id = ? order by seq')
      .all(channel_id)
      .map(({ message }) => JSON.parse(message))
  }

  /** Undefined: the same `client_id` was used for other content. */
  post(sender: Sender, channel_id: string, input: PostMessage): Posted | undefined {
    return this.#db.transaction((): Posted | undefined => {
      const known = input.client_id ? this.#byClientId(channel_id, sender.id, input.client_id) : undefined
      if (known) return known.content === input.content ? { message: known, created: false } : undefined
      const command = sender.type === 'human' ? COMMAND.exec(input.content) : null
      const message: Message = {
        id: crypto.randomUUID(),
        channel_id,
        seq: this.#lastSeq(channel_id) + 1,
        kind: command ? 'command' : (input.kind ?? 'text'),
        sender,
        content: input.content,
        client_id: input.client_id ?? null,
        reply_to: input.reply_to ?? null,
      }
      this.#db.run('insert into messages values (?, ?, ?, ?, ?)', [
        channel_id,
        message.seq,
        sender.id,
        message.client_id,
        JSON.stringify(message),
      ])
      this.#append({ sequence: 0, channel_id, type: 'message.created', payload: { message } })
      if (command)
        this.#append({
          sequence: 0,
          channel_id,
          type: 'command.invoked',
          payload: { message, command: command[1] ?? '', args: command[2] ?? '' },
        })
      return { message, created: true }
    })()
  }

  #append(event: LogEvent): void {
    const sequence = this.head() + 1
    this.#db.run('insert into events values (?, ?)', [sequence, JSON.stringify({ ...event, sequence })])
  }

  #lastSeq(channel_id: string): number {
    const query = 'select max(seq) as seq from messages where channel_id = ?'
    return this.#db.query<{ seq: number | null }, [string]>(query).get(channel_id)?.seq ?? 0
  }

  #byClientId(channel_id: string, sender_id: string, client_id: string): Message | undefined {
    const query = 'select message from messages where channel_id = ? and sender_id = ? and client_id = ?'
    const row = this.#db.query<{ message: string }, [string, string, string]>(query)
    const found = row.get(channel_id, sender_id, client_id)
    return found ? JSON.parse(found.message) : undefined
  }
}
