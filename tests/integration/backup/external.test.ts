/**
 * The command line on external databases: two clusters, each with an operator's role and passwords of its own, and none of
 * them in the data folder of a server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { checkSums } from '../../../src/backup/backups.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import type { ConnectionOptions } from '../../../src/db/connection.ts'
import { startEmbeddedDatabase } from '../../../src/db/embedded/database.ts'
import { below } from '../../../src/files/places.ts'
import { BucketStorage } from '../../../src/files/s3.ts'
import { bytesOf } from '../../../src/files/storage.ts'
import { type Bucket, startBucket } from '../../support/bucket.ts'
import { Agent, addAgent, generalChannel, PASSWORD, Person, setUp } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { plain } from '../../support/plain.ts'
import { runJob } from '../../support/run-job.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'
import { noteSecret } from '../../support/used-secrets.ts'
import { contentOf } from '../../support/whole-database.ts'

const ROOT = join(import.meta.dir, '../../..')

/** A PostgreSQL that the product did not make: an empty database that belongs to an operator, who is no superuser. */
interface External {
  superuser: postgres.Sql
  env: { MC_DATABASE_URL: string; MC_DATABASE_OWNER_URL: string; MC_DATABASE_BACKUP_URL: string }
  stop(): Promise<void>
}

async function startExternal(name: string): Promise<External> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-external-'))
  const { owner, stop } = await startEmbeddedDatabase(folder, () => undefined, { durable: false })
  const first = plain(owner)
  const password = (of: string) => `the password of ${of} at ${name}`
  await first.unsafe(
    `create role ${name}_operator login createrole bypassrls password '${password('operator')}'`,
  )
  await first.unsafe(`create database ${name} owner ${name}_operator`)
  await first.end()
  const database = { ...owner, database: name }
  const as = (user: string, of = user): ConnectionOptions => ({ ...database, user, password: password(of) })
  for (const of of ['operator', 'mc_app', 'mc_backup']) noteSecret(password(of))
  const superuser = plain(database)
  return {
    superuser,
    env: {
      MC_DATABASE_URL: urlOf(as('mc_app')),
      MC_DATABASE_OWNER_URL: urlOf(as(`${name}_operator`, 'operator')),
      MC_DATABASE_BACKUP_URL: urlOf(as('mc_backup')),
    },
    async stop() {
      await superuser.end({ timeout: 1 })
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

let folder: string
let file: string
let here: External
let there: External
let bucket: Bucket
let server: TestServer
let admin: Person
let agent: Agent
let channel_id: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-external-backup-'))
  file = join(folder, 'whole.tar.gz')
  ;[here, there, bucket] = await Promise.all([startExternal('here'), startExternal('there'), startBucket()])
  server = await startServer({
    env: {
      ...here.env,
      ...bucket.env,
      // The test of the schedule does not wait for its time.
      MC_BACKUP_SCHEDULE: '0 3 1 1 *',
      MC_BACKUP_KEEP: '2',
      MC_BACKUP_DESTINATION: 's3',
    },
  })
  admin = await setUp(server)
  agent = await addAgent(admin, 'forge')
  channel_id = (await generalChannel(admin)).id
  for (const content of ['one', 'two', 'three'])
    await admin.in('POST', `/channels/${channel_id}/messages`, { content })
})
afterAll(async () => {
  await server?.stop()
  await Promise.all([here?.stop(), there?.stop(), bucket?.close()])
  rmSync(folder, { recursive: true, force: true })
})

function start(words: string[], env: Record<string, string>) {
  return Bun.spawn([process.execPath, 'src/main.ts', ...words], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      MC_DATA_DIR: join(folder, 'none'),
      ...env,
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function run(words: string[], env: Record<string, string>) {
  const child = start(words, env)
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out, err }
}

describe('a backup of an external database', () => {
  test('needs a role that sees every row, and says which settings name it', async () => {
    const { MC_DATABASE_URL } = here.env
    const without = await run(['backup', file], { MC_DATABASE_URL })
    expect(without.err).toContain(
      'Set MC_DATABASE_BACKUP_URL to the role mc_backup, or MC_DATABASE_OWNER_URL',
    )
    const blind = await run(['backup', file], { MC_DATABASE_URL, MC_DATABASE_BACKUP_URL: MC_DATABASE_URL })
    expect(blind.err).toContain('sees only what row-level security shows it')
    expect([without.code, blind.code, existsSync(file)]).toEqual([1, 1, false])
  })

  test('is made beside the server, and proved by a restore that leaves nothing', async () => {
    const { MC_DATABASE_URL, MC_DATABASE_BACKUP_URL } = here.env
    const env = { MC_DATA_DIR: server.data_dir, MC_DATABASE_URL, MC_DATABASE_BACKUP_URL }
    const made = await run(['backup', file, '--verify'], env)
    expect(made.err).toBe('')
    expect(made.out).toContain('is sound')
    expect(made.code).toBe(0)
    expect(scratchIn(server.data_dir)).toEqual([])
    for (const url of Object.values(here.env)) expect(made.out).not.toContain(new URL(url).password)
  })

  test('restored on another machine: equal data, another log, other secrets, and clients start anew', async () => {
    const streamOf = (url: string) => `${url}/api/v1/orgs/${admin.org}/events/stream`
    const old = await SseJournal.open(streamOf(server.url), agent.headers)
    await until(() => old.last_id !== undefined, 'a cursor')
    const cursor = old.last_id ?? ''
    await old.close()

    const secrets = { MC_JWT_SECRET: newSecret(), MC_KEY_PEPPER: newSecret() }
    const restored = await run(['restore', file], { ...there.env, ...secrets })
    expect(restored.err).toContain('MC_KEY_PEPPER of the backup')
    expect(restored.out).toContain('Everybody signs in again')
    expect(restored.code).toBe(0)
    const again = await run(['restore', file], { ...there.env, ...secrets })
    expect(again.err).toContain('Nothing was restored. The database is in use')

    // Their last use is written while the server works.
    const leave_out = ['mc_schema', 'sessions', 'api_keys', 'memberships', 'recent_commands']
    expect(await contentOf(there.superuser, leave_out)).toEqual(await contentOf(here.superuser, leave_out))
    const logOf = async ({ superuser }: External) => (await superuser`select log from org_heads`)[0]?.log
    expect(await logOf(there)).not.toBe(await logOf(here))
    // Every table belongs to the role of the product, none to the operator.
    const owners = await there.superuser<{ owner: string }[]>`
      select distinct pg_get_userbyid(relowner) as owner from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`
    expect(owners.map(({ owner }) => owner)).toEqual(['mc_owner'])

    const to = await startServer({ env: { ...there.env, ...secrets } })
    try {
      const stale = new Person(to.url)
      for (const [name, value] of admin.cookies) stale.cookies.set(name, value)
      expect((await stale.call('GET', '/auth/me')).status).toBe(401)
      await new Person(to.url).signIn('ines@example.com', PASSWORD)

      // A key works under a pepper that did not make it.
      const moved = new Agent(to.url, agent.org, agent.key, agent.user)
      const stream = await SseJournal.open(streamOf(to.url), { ...moved.headers, 'Last-Event-ID': cursor })
      await until(() => stream.ofType('events.reset').length > 0, 'the reset')
      expect(stream.messages).toEqual([])
      const content = 'from the other machine'
      const { body } = await moved.in<Message>('POST', `/channels/${channel_id}/messages`, { content })
      await until(() => stream.messages.length > 0, 'the message')
      expect(stream.messages.map(({ id }) => id)).toEqual([body.id])
      expect(body.seq).toBe((await lastSeq(here)) + 1)
      await stream.close()
    } finally {
      await to.stop()
    }
  })

  test('goes to the bucket by its schedule and by hand, and the newest are kept', async () => {
    const storage = below(new BucketStorage(bucket.options), 'backups')
    const names = async () => (await storage.list('installation')).sort()
    const made: string[] = []
    for (let i = 0; i < 3; i++) {
      const before = await names()
      await runJob(here.superuser, 'back_up')
      await until(async () => (await names()).some((name) => !before.includes(name)), 'a backup')
      made.push(...(await names()).filter((name) => !before.includes(name)))
    }
    await until(async () => (await names()).length === 2, 'the removal of the oldest')
    expect(await names()).toEqual(made.slice(1))

    const { MC_DATABASE_URL, MC_DATABASE_BACKUP_URL } = here.env
    const env = { MC_DATABASE_URL, MC_DATABASE_BACKUP_URL, ...bucket.env, MC_BACKUP_DESTINATION: 's3' }
    const by_hand = await run(['backup', '--verify'], { ...env, MC_DATA_DIR: server.data_dir })
    expect(by_hand.out).toMatch(/tables to the bucket, installation\/mission-control-\w+\.tar\.gz/)
    expect(by_hand.out).toContain('is sound')
    expect(by_hand.code).toBe(0)
    // A person takes it from there as a file.
    const fetched = join(folder, 'fetched.tar.gz')
    const stored = await storage.read((await names()).at(-1)!)
    writeFileSync(fetched, Buffer.concat(await Array.fromAsync(bytesOf(stored!))))
    const { tables } = await checkSums(createReadStream(fetched))
    expect(tables.find(({ name }) => name === 'messages')?.rows).toBe(await lastSeq(here))
    expect((await run(['restore', fetched, '--check'], {})).code).toBe(0)
  })
})

describe('the scratch database of a check', () => {
  test('is removed when the backup turns out to be damaged', async () => {
    const damaged = join(folder, 'damaged.tar.gz')
    const whole = readFileSync(file)
    // Cut behind the first tables: the scratch database is in use by then.
    writeFileSync(damaged, whole.subarray(0, whole.length - 1_000))
    const { code, err } = await run(['restore', damaged, '--check'], { MC_DATA_DIR: server.data_dir })
    expect(err).toContain('The backup cannot be restored.')
    expect([code, scratchIn(server.data_dir)]).toEqual([1, []])
  })

  test('is removed when a signal ends the check', async () => {
    const child = start(['restore', file, '--check'], { MC_DATA_DIR: server.data_dir })
    const postmaster = () => {
      const [name] = scratchIn(server.data_dir)
      const path = join(server.data_dir, name ?? '', 'postgres', 'data', 'postmaster.pid')
      return name !== undefined && existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : 0
    }
    await until(() => {
      if (child.exitCode !== null) throw new Error('The check ended before the signal')
      return postmaster() > 0
    }, 'its PostgreSQL')
    const pid = postmaster()
    child.kill('SIGTERM')
    expect(await child.exited).toBe(143)
    await until(() => !isAlive(pid), 'the end of its PostgreSQL')
    expect(scratchIn(server.data_dir)).toEqual([])
  })
})

const scratchIn = (data_dir: string) => readdirSync(data_dir).filter((name) => name.startsWith('check-'))

async function lastSeq({ superuser }: External): Promise<number> {
  const [row] = await superuser`select max(seq)::int as seq from messages where channel_id = ${channel_id}`
  return row?.seq
}

function newSecret(): string {
  const secret = `${newId()}${newId()}`
  noteSecret(secret)
  return secret
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // No such process.
    return false
  }
}
