import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions } from '../../../src/db/connection.ts'
import { setUp } from '../../support/client.ts'
import { type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { freePort, startServer } from '../../support/server.ts'

let postgres: OwnDatabase
const folder = mkdtempSync(join(tmpdir(), 'mc-external-'))

beforeAll(async () => {
  postgres = await startOwnDatabase()
  await postgres.superuser.unsafe('create database elsewhere')
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

function urlOf(
  connection: ConnectionOptions,
  changes: { password?: string; database?: string } = {},
): string {
  const { host, port, user, password, database } = { ...connection, ...changes }
  return `postgres://${user}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`
}

/** Starts a server that is expected to refuse; what it says. */
async function refusal(env: Record<string, string>): Promise<string> {
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'serve'], {
    cwd: join(import.meta.dir, '../../..'),
    env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: folder, MC_PORT: String(freePort()), ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, said] = await Promise.all([child.exited, new Response(child.stderr).text()])
  expect(code).toBe(1)
  expect(said).not.toContain('    at ')
  return said
}

describe('a server on an external PostgreSQL', () => {
  test('makes roles and schema by the owner’s address, serves as mc_app, and leaves PostgreSQL running', async () => {
    const database = 'elsewhere'
    const env = {
      MC_DATABASE_URL: urlOf(postgres.app, { database }),
      MC_DATABASE_OWNER_URL: urlOf(postgres.owner, { database }),
    }
    const server = await startServer({ env })
    await setUp(server)
    await server.stop()
    const [row] = await postgres.superuser`select 1 as alive`
    expect(row?.alive).toBe(1)
    // Once the schema is there, the owner is not needed.
    const again = await startServer({ env: { MC_DATABASE_URL: env.MC_DATABASE_URL } })
    expect((await fetch(`${again.url}/ready`)).status).toBe(200)
    await again.stop()
  })

  test('refuses to be a superuser, an owner or whoever bypasses the rules, and says how to make the right role', async () => {
    const { superuser, app } = postgres
    await superuser.unsafe(`create role too_much login bypassrls password 'p'; grant mc_app to too_much;
      create role the_owner login password 'p'; grant mc_owner to the_owner`)
    const roles: [string, string][] = [
      [urlOf(postgres.owner), 'is a superuser'],
      [urlOf({ ...app, user: 'too_much', password: 'p' }), 'bypasses row-level security'],
      [urlOf({ ...app, user: 'the_owner', password: 'p' }), 'is a member of mc_owner'],
    ]
    for (const [url, why] of roles) {
      const said = await refusal({ MC_DATABASE_URL: url })
      expect(said).toContain(why)
      expect(said).toContain('alter role mc_app login nosuperuser nobypassrls')
    }
  })

  test('says in one sentence what is wrong with an address', async () => {
    const { app } = postgres
    expect(await refusal({ MC_DATABASE_URL: 'postgres://mc_app:p@127.0.0.1:1/x' })).toContain(
      'nothing listens there',
    )
    expect(await refusal({ MC_DATABASE_URL: urlOf(app, { password: 'wrong' }) })).toContain(
      'does not take this user and password',
    )
    expect(await refusal({ MC_DATABASE_URL: urlOf(app, { database: 'none' }) })).toContain(
      'has no such database',
    )
  })

  test('refuses workers who cannot sign in, unless the node does no jobs', async () => {
    const { app, superuser } = postgres
    const MC_DATABASE_URL = urlOf(app)
    const absent = { MC_DATABASE_URL, MC_DATABASE_WORKER_URL: urlOf({ ...app, user: 'mc_worker' }) }
    await superuser.unsafe(`alter role mc_worker login password 'of-the-operator'`)
    for (const env of [{ MC_DATABASE_URL }, absent]) {
      const said = await refusal(env)
      expect(said).toContain('Background jobs cannot use PostgreSQL as mc_worker')
      expect(said).toContain('does not take this user and password')
      expect(said).toContain('MC_DATABASE_WORKER_URL')
    }
    const foreign = await refusal({ MC_DATABASE_URL, MC_DATABASE_WORKER_URL: MC_DATABASE_URL })
    expect(foreign).toContain('mc_app does not own the schema mc_jobs')
    const worker = urlOf({ ...app, user: 'mc_worker', password: 'of-the-operator' })
    for (const env of [{ MC_JOB_CONCURRENCY: '0' }, { MC_DATABASE_WORKER_URL: worker }]) {
      const server = await startServer({ env: { MC_DATABASE_URL, ...env } })
      expect((await fetch(`${server.url}/ready`)).status).toBe(200)
      await server.stop()
    }
  })

  test('refuses a schema that is newer than itself, and an older one that it may not migrate', async () => {
    const { superuser } = postgres
    await superuser.unsafe(`create database empty`)
    expect(await refusal({ MC_DATABASE_URL: urlOf(postgres.app, { database: 'empty' }) })).toContain(
      'MC_DATABASE_OWNER_URL',
    )
    await superuser`insert into mc_schema (version, name) values (9999, 'from_the_future')`
    expect(await refusal({ MC_DATABASE_URL: urlOf(postgres.app) })).toContain('Start the newer version')
    await superuser`delete from mc_schema where version = 9999`
  })
})
