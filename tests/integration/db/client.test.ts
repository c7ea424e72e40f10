import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Database } from '../../../src/db/client.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await startDatabase()
  // A transaction that writes here loses its connection while it commits.
  await db.superuser.unsafe(`
    create function end_backend() returns trigger language plpgsql security definer as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
    create constraint trigger lost_at_commit after update on users deferrable initially deferred
      for each row execute function end_backend()`)
  await db.superuser`insert into users (id, type, display_name, status) values (gen_random_uuid(), 'agent', 'x', 'active')`
})
afterAll(() => db.stop())

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error as { errorCode?: string }).errorCode ?? String(error),
  )

describe('the loss of a connection', () => {
  test('under a read says that nothing was done', async () => {
    const lost = db.database.query((sql) => sql`select pg_terminate_backend(pg_backend_pid())`)
    expect(await codeOf(lost)).toBe('UNAVAILABLE')
  })

  test('under a statement that commits by itself leaves the outcome unknown', async () => {
    const lost = db.database.statement((sql) => sql`update users set display_name = 'y'`)
    expect(await codeOf(lost)).toBe('OUTCOME_UNKNOWN')
  })

  test('in a transaction says that nothing was done before COMMIT, and leaves the outcome unknown after it', async () => {
    const before = db.database.transaction(({ sql }) => sql`select pg_terminate_backend(pg_backend_pid())`)
    expect(await codeOf(before)).toBe('UNAVAILABLE')
    const after = db.database.transaction(({ sql }) => sql`update users set display_name = 'y'`)
    expect(await codeOf(after)).toBe('OUTCOME_UNKNOWN')
  })

  test('that never was says that nothing was done, also of a write', async () => {
    const away = new Database({ connection: { ...db.app, port: 1 }, connections_max: 1 })
    expect(await codeOf(away.statement((sql) => sql`update users set display_name = 'y'`))).toBe(
      'UNAVAILABLE',
    )
    await away.close()
  })
})
