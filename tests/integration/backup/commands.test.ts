import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, PASSWORD, Person, setUp } from '../../support/client.ts'
import { runJob } from '../../support/run-job.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'
import { contentOf } from '../../support/whole-database.ts'

const ROOT = join(import.meta.dir, '../../..')

let from: TestServer
let admin: Person
let agent: Agent
let channel_id: string
let folder: string
let archived: string
const ARCHIVED = Bun.gzipSync(Buffer.from('{"sequence":1}\n'))
let file: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-commands-'))
  file = join(folder, 'whole.tar.gz')
  // The test of the schedule does not wait for its time.
  from = await startServer({ cluster: 'own', env: { MC_BACKUP_SCHEDULE: '0 3 1 1 *', MC_BACKUP_KEEP: '3' } })
  admin = await setUp(from)
  agent = await addAgent(admin, 'forge')
  channel_id = (await generalChannel(admin)).id
  for (const content of ['one', 'two', 'three'])
    await admin.in('POST', `/channels/${channel_id}/messages`, { content })
  // Two months in the archive, the file of one of which is lost.
  const sql = databaseOf(from)
  const [org] = await sql<{ id: string }[]>`select id from organizations`
  archived = `${org!.id}/events-2020-01.1.jsonl.gz`
  mkdirSync(join(from.data_dir, 'archive', org!.id), { recursive: true })
  writeFileSync(join(from.data_dir, 'archive', archived), ARCHIVED)
  const sha256 = new Bun.CryptoHasher('sha256').update(ARCHIVED).digest('hex')
  for (const [month, file] of [
    ['2020-01-01', archived],
    ['2020-02-01', `${org!.id}/lost.jsonl.gz`],
  ] as const)
    await sql`insert into archives (org_id, kind, month, part, status, row_count, size_bytes, sha256, file)
      values (${org!.id}, 'events', ${month}, 1, 'removed', 1, ${ARCHIVED.length}, ${sha256}, ${file})`
  await sql.end()
})
afterAll(async () => {
  await from.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function run(words: string[], env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, 'src/main.ts', ...words], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out, err }
}

describe('backup and restore on the command line', () => {
  test('beside a running server: written, verified, and never over another file', async () => {
    const env = { MC_DATA_DIR: from.data_dir }
    const made = await run(['backup', file, '--with-secrets', '--verify'], env)
    expect(made.out).toContain(`tables to ${file}.`)
    expect(made.out).toContain('is sound')
    // It is whole but for what was lost before, which is said.
    expect(made.err).toMatch(/^Missing in the archive, and so in the backup: \S+lost.jsonl.gz\n$/)
    expect(made.code).toBe(1)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = await run(['backup', file], env)
    expect(again.err).toContain('overwrites nothing')
    expect(again.code).toBe(1)
    // The scratch database is gone.
    expect(readdirSync(from.data_dir).filter((name) => name.startsWith('check-'))).toEqual([])
  })

  test('without secrets it names what must be kept elsewhere', async () => {
    const plain = join(folder, 'plain.tar.gz')
    const { out, code } = await run(['backup', plain, '--without-archive'], { MC_DATA_DIR: from.data_dir })
    expect(out).toContain('MC_JWT_SECRET (data folder), MC_KEY_PEPPER (data folder)')
    expect(code).toBe(0)
    const pepper = readFileSync(join(from.data_dir, 'secrets', 'key-pepper'), 'utf8').trim()
    expect(Bun.gunzipSync(readFileSync(plain)).toString()).not.toContain(pepper)
  })

  test('on another machine: equal data, keys work, sessions and old cursors do not', async () => {
    const data_dir = join(folder, 'restored')
    const streamOf = (url: string) => `${url}/api/v1/orgs/${admin.org}/events/stream`
    const old = await SseJournal.open(streamOf(from.url), agent.headers)
    await until(() => old.last_id !== undefined)
    const cursor = old.last_id ?? ''
    await old.close()

    const restored = await run(['restore', file], { MC_DATA_DIR: data_dir })
    expect(restored.err).toBe('')
    expect(restored.out).toContain('Everybody signs in again')
    expect(restored.code).toBe(0)
    for (const name of ['jwt-secret', 'key-pepper']) {
      const path = join(data_dir, 'secrets', name)
      expect(readFileSync(path, 'utf8')).toBe(readFileSync(join(from.data_dir, 'secrets', name), 'utf8'))
      expect(statSync(path).mode & 0o777).toBe(0o600)
    }
    expect(readFileSync(join(data_dir, 'archive', archived))).toEqual(Buffer.from(ARCHIVED))
    const again = await run(['restore', file], { MC_DATA_DIR: data_dir })
    expect(again.err).toContain('Nothing was restored. The database is in use')
    expect(again.code).toBe(1)

    const to = await startServer({ data_dir })
    try {
      const [there, here] = [databaseOf(from), databaseOf(to)]
      // Their last use is written while the server works.
      const leave_out = ['mc_schema', 'sessions', 'api_keys', 'memberships', 'recent_commands']
      expect(await contentOf(here, leave_out)).toEqual(await contentOf(there, leave_out))
      await Promise.all([there.end(), here.end()])

      const stale = new Person(to.url)
      for (const [name, value] of admin.cookies) stale.cookies.set(name, value)
      expect((await stale.call('GET', '/auth/me')).status).toBe(401)
      const signed_in = new Person(to.url)
      const login = { email: 'ines@example.com', password: PASSWORD }
      expect((await signed_in.call('POST', '/auth/password', login)).status).toBe(200)

      const { headers } = agent
      const messages = await fetch(`${to.url}/api/v1/orgs/${admin.org}/channels/${channel_id}/messages`, {
        headers,
      })
      expect(messages.status).toBe(200)
      const { data } = (await messages.json()) as { data: Message[] }
      expect(data.map(({ content }) => content)).toContain('three')

      const stream = await SseJournal.open(streamOf(to.url), { ...headers, 'Last-Event-ID': cursor })
      await until(() => stream.ofType('events.reset').length > 0)
      expect(stream.messages).toEqual([])
      await stream.close()
    } finally {
      await to.stop()
    }
  })

  test('a file that is no backup makes no database', async () => {
    const data_dir = join(folder, 'untouched')
    const bad = join(folder, 'bad.tar.gz')
    writeFileSync(bad, 'hello')
    for (const words of [
      ['restore', bad],
      ['restore', bad, '--check'],
      ['restore', join(folder, 'absent')],
    ]) {
      const { code, err } = await run(words, { MC_DATA_DIR: data_dir })
      expect(code, words.join(' ')).toBe(1)
      expect(err).toMatch(/^(Nothing was restored|The backup cannot be restored|There is no file)/)
      expect(existsSync(data_dir)).toBe(false)
    }
    const empty = await run(['backup', join(folder, 'none.tar.gz')], { MC_DATA_DIR: data_dir })
    expect(empty.err).toContain('There is no database in')
  })

  test('by its schedule the server makes them, keeps so many, and removes no other file', async () => {
    const place = join(from.data_dir, 'backups', 'installation')
    mkdirSync(place, { recursive: true })
    const old = ['1', '2', '3'].map((n) => `mission-control-2020010${n}t000000000z.tar.gz`)
    for (const name of [...old, 'notes.txt']) writeFileSync(join(place, name), 'x')
    const names = () =>
      readdirSync(place)
        .filter((name) => !name.endsWith('.part'))
        .sort()
    const sql = databaseOf(from)
    await runJob(sql, 'back_up')
    await sql.end()
    await until(() => !names().includes(old[0]!))
    expect(names()).toContain('notes.txt')
    expect(names().filter((name) => name.endsWith('.tar.gz'))).toHaveLength(3)
    const { code, out } = await run(['restore', join(place, names().at(-2)!), '--check'], {
      MC_DATA_DIR: from.data_dir,
    })
    expect(out).toContain('is sound')
    expect(code).toBe(0)
  })
})
