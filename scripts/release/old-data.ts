/**
 * `bun scripts/release/old-data.ts [REF] --out FILE.tar.gz`: makes data with the program of an earlier commit or tag (the newest
 * tag of the server when left out), for tests of upgrades. It is installed and started in a folder of its own, seeded, used
 * over its API, and stopped; what its database then holds is written as a backup of the schema that it has, secrets
 * included, and beside it FILE.json: the logins, a cursor, and what an upgraded server must still answer.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBackup } from '../../src/backup/backups.ts'
import { readHeader } from '../../src/backup/read-backup.ts'
import { secretsFor } from '../../src/backup/secrets.ts'
import { startEmbeddedDatabase } from '../../src/db/embedded/database.ts'
import { MIGRATIONS } from '../../src/db/migrations/index.ts'
import { writePrivateFile } from '../../src/files/private.ts'
import { sha256 } from '../lib/pack.ts'
import { Caller, Stream, waitFor } from '../smoke/client.ts'
import { ROOT, runScript, UsageError } from './programs.ts'

/** What a server that was upgraded from the data has to know still. */
export interface OldData {
  made_by: { ref: string; date: string }
  schema_version: number
  /** Of each migration that the data had; an applied migration never changes. */
  migrations: { name: string; sha256: string }[]
  person: { email: string; password: string }
  /** The key in two parts, to be joined by `_`: whole keys stand in no file of a repository. */
  agent: { name: string; key_parts: string[] }
  org: string
  channel_id: string
  /** Where a stream of the agent stood, and the messages that were posted after it. */
  cursor: string
  after_cursor: string[]
  /** Numbers and texts as the API gave them. */
  answers: { users: string[]; projects: string[]; tasks: string[]; messages: string[]; head: number }
}

type Listed<T> = { data: T[] }
const WAIT_MS = 60_000

async function run(command: string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn(command, { cwd, env: { ...process.env, ...env }, stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed:\n${out}${err}`)
  return out
}

async function newestTag(): Promise<string> {
  const tags = await run(['git', 'tag', '--list', 'server-v*', '--sort=-version:refname'], ROOT)
  const [tag] = tags.split('\n')
  if (!tag)
    throw new UsageError(
      'There is no tag server-v* here. Name a commit: bun scripts/release/old-data.ts REF --out FILE.tar.gz',
    )
  return tag
}

/** The answers that are compared, by API calls that the earliest version knows. */
export async function answersOf(caller: Caller, channel_id: string): Promise<OldData['answers']> {
  const list = async <T>(path: string) => ((await caller.in('GET', path)).body as Listed<T>).data
  const events = await list<{ sequence: number }>('/events?limit=1')
  return {
    users: (await list<{ display_name: string; role: string }>('/users'))
      .map(({ display_name, role }) => `${display_name}, ${role}`)
      .toSorted(),
    projects: (await list<{ name: string; stage: string }>('/projects'))
      .map(({ name, stage }) => `${name}, ${stage}`)
      .toSorted(),
    tasks: (await list<{ title: string; status: string }>('/tasks?per_page=100'))
      .map(({ title, status }) => `${title}, ${status}`)
      .toSorted(),
    messages: (await list<{ seq: number; content: string }>(`/channels/${channel_id}/messages?limit=100`))
      .map(({ seq, content }) => `${seq} ${content}`)
      .toSorted(),
    head: events[0]?.sequence ?? 0,
  }
}

/** Signs in with a password; the org is the first one of the person. */
export async function signIn(base: string, { email, password }: OldData['person']): Promise<Caller> {
  const caller = new Caller(base, WAIT_MS)
  const answer = await caller.call('POST', '/auth/password', { email, password })
  if (answer.status !== 200) throw new Error(`Signing in answered ${answer.status}: ${answer.text}`)
  caller.org = (answer.body as { memberships: { org: { slug: string } }[] }).memberships[0]?.org.slug ?? ''
  return caller
}

/** Uses a running server as people and agents do, and resolves with what is to be found again. */
async function use(base: string, person: OldData['person']) {
  const admin = await signIn(base, person)
  const channels = (await admin.in('GET', '/channels')).body as Listed<{ id: string; name: string }>
  const channel_id = channels.data.find(({ name }) => name === 'general')?.id
  if (channel_id === undefined) throw new Error('There is no channel general.')
  const made = (
    await admin.in('POST', '/users', {
      type: 'agent',
      identifier: 'keeper',
      display_name: 'Keeper',
      role: 'contributor',
    })
  ).body as { api_key: string }
  const agent = new Caller(base, WAIT_MS, made.api_key)
  agent.org = admin.org
  const post = async (content: string) =>
    void (await agent.in('POST', `/channels/${channel_id}/messages`, { content }))
  const stream = await Stream.open(agent)
  await post('Before the cursor')
  await waitFor('the message on the stream', WAIT_MS, () => stream.has('Before the cursor'))
  const { cursor } = stream
  if (cursor === undefined) throw new Error('The stream had no cursor.')
  stream.close()
  const after_cursor = ['After the cursor: 1', 'After the cursor: 2']
  for (const content of after_cursor) await post(content)
  const answers = await answersOf(admin, channel_id)
  return {
    agent: { name: 'keeper', key_parts: partsOf(made.api_key) },
    org: admin.org,
    channel_id,
    cursor,
    after_cursor,
    answers,
  }
}

/** `mc_ak_live_` with twelve characters, and the rest. */
function partsOf(key: string): string[] {
  const at = key.indexOf('_', 'mc_ak_live_'.length)
  return [key.slice(0, at), key.slice(at + 1)]
}

async function make(ref: string, out: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-old-'))
  try {
    const [program, data_dir] = [join(folder, 'program'), join(folder, 'data')]
    await run(['mkdir', program], folder)
    await run(['sh', '-c', 'git archive --format=tar "$0" | tar -x -C "$1"', ref, program], ROOT)
    await run([process.execPath, 'install', '--frozen-lockfile'], program)
    const port = await freePort()
    const env = { MC_DATA_DIR: data_dir, MC_PORT: String(port) }
    const seeded = await run([process.execPath, 'src/main.ts', 'db', 'seed'], program, env)
    const [, email = '', password = ''] = /(\S+@\S+), password (\S+)/.exec(seeded) ?? []
    const server = Bun.spawn([process.execPath, 'src/main.ts'], {
      cwd: program,
      env: { ...process.env, ...env },
      stdout: 'ignore',
      stderr: 'ignore',
    })
    const base = `http://localhost:${port}`
    let used: Awaited<ReturnType<typeof use>>
    try {
      await waitFor(
        'the server',
        WAIT_MS,
        async () => (await fetch(`${base}/ready`).catch(() => undefined))?.status === 200,
      )
      used = await use(base, { email, password })
    } finally {
      server.kill('SIGTERM')
      await server.exited
    }
    const database = await startEmbeddedDatabase(data_dir, () => undefined)
    try {
      const content = {
        archive: undefined,
        ...secretsFor({ jwt_secret: undefined, key_pepper: undefined }, data_dir, true),
      }
      await makeBackup(database.owner, content, { now: new Date() }, (bytes) => writePrivateFile(out, bytes))
    } finally {
      await database.stop()
    }
    const { schema_version } = await readHeader(
      Bun.file(out).stream() as unknown as AsyncIterable<Uint8Array>,
    )
    const date = (await run(['git', 'log', '-1', '--format=%cs', ref], ROOT)).trim()
    const old: OldData = {
      made_by: { ref: (await run(['git', 'rev-parse', '--short=12', `${ref}^{commit}`], ROOT)).trim(), date },
      schema_version,
      migrations: MIGRATIONS.slice(0, schema_version).map(({ name, up }) => ({ name, sha256: sha256(up) })),
      person: { email, password },
      ...used,
    }
    writeFileSync(`${out}.json`, `${JSON.stringify(old, null, 2)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address ? address.port : 0
}

if (import.meta.main)
  await runScript(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: { type: 'string' } },
    })
    if (values.out === undefined || !values.out.endsWith('.tar.gz') || positionals.length > 1)
      throw new UsageError('Usage: bun scripts/release/old-data.ts [REF] --out FILE.tar.gz')
    const ref = positionals[0] ?? (await newestTag())
    await make(ref, resolve(values.out))
    console.log(`${values.out}: data of ${ref}`)
  })
