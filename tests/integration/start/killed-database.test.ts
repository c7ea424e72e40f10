import { describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { SCHEMA_VERSION } from '../../../src/db/migrate.ts'
import { generalChannel, setUp } from '../../support/client.ts'
import { expectNoPostgres, postgresProcesses } from '../../support/postgres-processes.ts'
import { startServer } from '../../support/server.ts'

const ROOT = join(import.meta.dir, '../../..')

/** Whether a first start has come so far, by what is in its data folder or database. */
type Moment = (data_dir: string) => boolean | Promise<boolean>

const file =
  (path: string): Moment =>
  (data_dir) =>
    existsSync(join(data_dir, 'postgres', path))

/** A file below the folder in which initdb works. */
const unfinished =
  (path: string): Moment =>
  (data_dir) => {
    const root = join(data_dir, 'postgres')
    if (!existsSync(root)) return false
    const fresh = readdirSync(root).find((name) => name.startsWith('data.new'))
    return fresh !== undefined && existsSync(join(root, fresh, path))
  }

/** A query of the superuser that answers one row with `reached`. */
const inDatabase =
  (database: string, query: string): Moment =>
  async (data_dir) => {
    const root = join(data_dir, 'postgres')
    let lines: string[]
    try {
      lines = readFileSync(join(root, 'data', 'postmaster.pid'), 'utf8').split('\n')
    } catch {
      // PostgreSQL does not run yet.
      return false
    }
    const sql = postgres({
      host: lines[4]?.trim() ?? '',
      port: Number(lines[3]),
      database,
      username: 'mc_super',
      password: readFileSync(join(root, 'superuser-password'), 'utf8'),
      max: 1,
      connect_timeout: 2,
      fetch_types: false,
      onnotice: () => undefined,
    })
    try {
      const [row] = await sql.unsafe<{ reached: boolean }[]>(query)
      return row?.reached === true
    } catch {
      // It does not accept connections, or the database or table is not there yet.
      return false
    } finally {
      await sql.end({ timeout: 0 })
    }
  }

const MOMENTS: readonly (readonly [string, Moment])[] = [
  ['the password of the superuser is made', file('superuser-password')],
  ['initdb has begun', unfinished('.')],
  ['initdb has written the version', unfinished('PG_VERSION')],
  ['initdb has run its bootstrap', unfinished('base/1/pg_filenode.map')],
  ['the cluster is in its place', file('data/PG_VERSION')],
  ['PostgreSQL is starting', file('data/postmaster.pid')],
  ['the passwords of the roles are made', file('role-passwords.json')],
  ['the database is made', inDatabase('postgres', 'select count(*) > 3 as reached from pg_database')],
  [
    'the roles are made',
    inDatabase('postgres', "select count(*) > 0 as reached from pg_roles where rolname = 'mc_backup'"),
  ],
  ...Array.from({ length: SCHEMA_VERSION }, (_, i): [string, Moment] => [
    `migration ${i + 1} of ${SCHEMA_VERSION} is applied`,
    inDatabase('mission_control', `select max(version) >= ${i + 1} as reached from mc_schema`),
  ]),
  ['the pepper is made', (data_dir) => existsSync(join(data_dir, 'secrets', 'key-pepper'))],
]

/** Starts a server, kills it with -9 at the moment, and tells whether it was caught there. */
async function killAt(data_dir: string, moment: Moment, with_postgres: boolean): Promise<boolean> {
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'serve'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: data_dir, MC_PORT: '0' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let output = ''
  const read = Promise.all(
    [child.stdout, child.stderr].map(async (stream) => {
      for await (const chunk of stream) output += new TextDecoder().decode(chunk)
    }),
  )
  let caught = false
  while (child.exitCode === null && !caught) {
    const ready = output.includes('listens on')
    caught = await moment(data_dir)
    if (ready) break
    await Bun.sleep(1)
  }
  const by_itself = child.exitCode
  child.kill('SIGKILL')
  await child.exited
  if (with_postgres)
    for (const pid of postgresProcesses(data_dir))
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It ended with its postmaster.
      }
  await read
  expect(by_itself, output).toBe(null)
  return caught
}

describe('I-62 a first run that is killed with -9 at any moment of its database recovers at the next start', () => {
  test.each([
    ['the server alone: its PostgreSQL goes on', false],
    ['with all that it started', true],
  ])('%s', async (_, with_postgres) => {
    const data_dir = mkdtempSync(join(tmpdir(), 'mc-killed-'))
    const missed: string[] = []
    // One folder for all: each start has to heal what the one before left.
    for (const [name, moment] of MOMENTS)
      if (!(await moment(data_dir)) && !(await killAt(data_dir, moment, with_postgres))) missed.push(name)
    const server = await startServer({ data_dir })
    const admin = await setUp(server)
    const general = (await generalChannel(admin)).id
    expect((await admin.in('POST', `/channels/${general}/messages`, { content: 'healed' })).status).toBe(201)
    const left = readdirSync(join(data_dir, 'postgres')).filter((name) => name !== 'run')
    expect(left.sort()).toEqual(['data', 'postgres.log', 'role-passwords.json', 'superuser-password'])
    await server.stop()
    await expectNoPostgres(data_dir)
    // Only the moments inside initdb pass by; all others leave something to see.
    expect(missed.filter((name) => !name.includes('initdb'))).toEqual([])
    rmSync(data_dir, { recursive: true, force: true })
  })
})
