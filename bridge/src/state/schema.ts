import type { Database } from 'bun:sqlite'
import { Database as Sqlite } from 'bun:sqlite'
import { STEPS, StateTooNew } from './port.ts'

/** In the header of the file, "MCBr": tells a state file from any other database. */
export const APPLICATION_ID = 0x4d434272

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ')

/** Kinds of the first schema; later ones came with a table of their own. */
const FIRST_KINDS = ['message', 'command', 'notice', 'speech']

const workTable = (name: string, kinds: readonly string[]) => `  create table ${name} (
    number integer primary key autoincrement,
    agent text not null,
    id text not null,
    kind text not null check (kind in (${quoted(kinds)})),
    channel_id text not null,
    seq integer,
    reply_to text,
    session text not null,
    text text not null,
    step text not null check (step in (${quoted(STEPS)})),
    generation integer,
    attempt integer not null check (attempt >= 1),
    boot_id text,
    answer text,
    failure text,
    parts_posted integer not null check (parts_posted >= 0),
    received_at integer not null,
    updated_at integer not null,
    unique (agent, id),
    check (step <> 'done' or (text = '' and answer is null))
  ) strict;`

const WORK_INDEXES = `  create index work_unfinished on work (agent, session, number) where step <> 'done';
  create index work_oldest on work (received_at) where step <> 'done';
  create index work_done on work (updated_at) where step = 'done';
  create index work_message on work (agent, channel_id, seq, number) where seq is not null;`

/** Forward only, each in one transaction with its version. An applied one never changes. */
export const MIGRATIONS: readonly string[] = [
  `
  create table cursor (
    agent text primary key,
    cursor text not null
  ) strict, without rowid;

${workTable('work', FIRST_KINDS)}
${WORK_INDEXES}

  create table session (
    agent text not null,
    session text not null,
    channel_id text not null,
    generation integer not null,
    primed_seq integer,
    archived integer not null check (archived in (0, 1)),
    used_at integer not null,
    primary key (agent, session)
  ) strict, without rowid;
  create index session_used on session (archived desc, used_at);

  create table spoken (
    agent text not null,
    key text not null,
    at integer not null,
    primary key (agent, key)
  ) strict, without rowid;
  create index spoken_at on spoken (at);

  create table probe (
    only integer primary key check (only = 1),
    filler blob not null
  ) strict;
  `,
  `
  create table identity (
    only integer primary key check (only = 1),
    instance text not null
  ) strict;
  insert into identity values (1, lower(hex(randomblob(16))));
  `,
  `
${workTable('next_work', [...FIRST_KINDS, 'sub_agent'])}
  insert into next_work select * from work;
  drop table work;
  alter table next_work rename to work;
${WORK_INDEXES}
  `,
]

/** The file is a database, but not one of ours, or one with parts missing. */
export class ForeignSchema extends Error {
  override name = 'ForeignSchema'
}

/**
 * The schema version of a file, 0 for a new one. Throws `ForeignSchema`, and `StateTooNew` for a file of a newer bridge. Writes
 * nothing: a file that is not ours stays as it is.
 */
export function versionOf(db: Database, path: string, migrations: readonly string[]): number {
  const version = number(db, 'pragma user_version')
  const application = number(db, 'pragma application_id')
  const empty = number(db, 'select count(*) from sqlite_schema') === 0
  if (empty && version === 0 && application === 0) return 0
  if (application !== APPLICATION_ID) throw new ForeignSchema('It is a database of another program.')
  if (version > migrations.length)
    throw new StateTooNew(
      `${path} was written by a newer mc-bridge (schema ${version}, this one knows ${migrations.length}). ` +
        'Install that version again, or move the file away to begin anew.',
    )
  if (shape(db) !== shapeOf(migrations.slice(0, version)))
    throw new ForeignSchema(`Its tables are not those of schema ${version}.`)
  return version
}

/** Brings the schema from one version to the newest, one transaction each. */
export function migrate(db: Database, from: number, migrations: readonly string[]): void {
  for (let next = from; next < migrations.length; next++) {
    db.transaction(() => {
      db.run(migrations[next] ?? '')
      db.run(`pragma application_id = ${APPLICATION_ID}`)
      db.run(`pragma user_version = ${next + 1}`)
    })()
  }
}

/** The statements that made a schema, in one text. */
function shape(db: Database): string {
  return db
    .query<{ sql: string }, []>(
      `select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by name`,
    )
    .all()
    .map((row) => row.sql)
    .join(';\n')
}

function shapeOf(migrations: readonly string[]): string {
  const db = new Sqlite(':memory:')
  try {
    for (const migration of migrations) db.run(migration)
    return shape(db)
  } finally {
    db.close()
  }
}

function number(db: Database, sql: string): number {
  const row = db.query<Record<string, number>, []>(sql).get()
  return Object.values(row ?? {})[0] ?? 0
}
