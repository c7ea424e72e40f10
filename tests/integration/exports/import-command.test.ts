import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Channel, Export, Message, Org, Task, User } from '../../../src/contracts/resources.ts'
import { addAgent, generalChannel, join as joinOrg, PASSWORD, Person, setUp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '../../..')

let from: TestServer
let to: TestServer
let admin: Person
let folder: string
let file: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-import-'))
  file = join(folder, 'org.tar.gz')
  from = await startServer()
  // With a database of its own in the data folder: the command works beside the server that holds it.
  to = await startServer({ cluster: 'own' })
  admin = await setUp(from)
  const ana = await joinOrg(admin, 'Ana Lima')
  const forge = await addAgent(admin, 'forge')
  const project = (await admin.in<{ id: string }>('POST', '/projects', { name: 'Harbour', type: 'docs' }))
    .body
  const blocker = (await admin.in<Task>('POST', '/tasks', { title: 'First' })).body
  await admin.in('POST', '/tasks', {
    title: 'Second',
    project_ids: [project.id],
    assignee_ids: [ana.user_id, forge.user.id],
    blocked_by_ids: [blocker.id],
  })
  const { id } = await generalChannel(admin)
  for (const content of ['one', '@forge two', 'three'])
    await admin.in('POST', `/channels/${id}/messages`, { content })
  const exported = (await admin.in<Export>('POST', '/exports')).body
  await until(async () => (await admin.in<Export>('GET', `/exports/${exported.id}`)).body.status === 'ready')
  const download = await fetch(`${from.url}/api/v1/orgs/fieldnote/exports/${exported.id}/download`, {
    headers: { Cookie: admin.cookieHeader },
  })
  writeFileSync(file, Buffer.from(await download.arrayBuffer()))
})
afterAll(async () => {
  await from.stop()
  await to.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function run(...words: string[]) {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/',
    MC_DATA_DIR: to.data_dir,
    MC_PORT: String(to.port),
  }
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'import', ...words], {
    cwd: ROOT,
    env,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  expect(err).not.toMatch(/^ +at /m)
  return { code, out, err }
}

test('what is no export is refused in one line, and nothing is stored', async () => {
  expect(await run(join(folder, 'none.tar.gz'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no file'),
  })
  const bad = join(folder, 'bad.tar.gz')
  writeFileSync(bad, 'Hello')
  const { code, err } = await run(bad)
  expect([code, err.trim()]).toEqual([
    1,
    'Nothing was imported. The file is not a gzip file, or it is damaged.',
  ])
})

test('an org is imported beside the running server, and works there as before', async () => {
  const { code, out, err } = await run(file)
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^Imported "Fieldnote" \(fieldnote\): 3 members, 1 projects, 2 tasks, \d+ messages, \d+ events\.$/m,
  )
  const token = /sign-in-link\/(\S+)/.exec(out)?.[1] ?? ''
  const ines = new Person(to.url)
  const accepted = await ines.call<never>('POST', `/auth/sign-in-links/${token}/accept`, {
    password: PASSWORD,
  })
  ines.adopt(accepted)
  expect(ines.org).toBe('fieldnote')
  expect(ines.user_id).toBe(admin.user_id)

  // Nothing but what is the server's own differs: activity, and the reader's marks of time.
  const read = async <T>(path: string) =>
    [(await ines.in<T>('GET', path)).body, (await admin.in<T>('GET', path)).body] as const
  for (const path of ['/tasks', '/projects', '/channels'] as const) {
    const [here, there] = await read(path)
    expect(here, path).toEqual(there)
  }
  const [org, its] = await read<Org>('')
  expect({ ...org, updated_at: '' }).toEqual({ ...its, updated_at: '' })
  const { id, last_seq } = (await ines.in<{ data: Channel[] }>('GET', '/channels')).body.data.find(
    ({ name }) => name === 'general',
  )!
  const [messages, those] = await read<{ data: Message[] }>(`/channels/${id}/messages`)
  expect(messages.data.map(({ deliveries: _, ...message }) => message)).toEqual(
    those.data.map(({ deliveries: _, ...message }) => message),
  )

  // The numbers go on where they were.
  const posted = await ines.in<Message>('POST', `/channels/${id}/messages`, { content: 'four' })
  expect([posted.status, posted.body.seq]).toEqual([201, last_seq + 1])
  const users = (await ines.in<{ data: User[] }>('GET', '/users')).body.data
  const forge = users.find(({ type }) => type === 'agent')!
  const keyed = await ines.in<{ api_key: string }>('POST', `/users/${forge.id}/api-keys/rotate`, {})
  expect(keyed.status).toBe(201)
  const me = await fetch(`${to.url}/api/v1/orgs/fieldnote/users/me`, {
    headers: { Authorization: `Bearer ${keyed.body.api_key}` },
  })
  expect(((await me.json()) as User).id).toBe(forge.id)
  // The link is used up.
  expect(
    (await new Person(to.url).call('POST', `/auth/sign-in-links/${token}/accept`, { password: PASSWORD }))
      .status,
  ).toBe(404)
})

test('the same org is refused while it is here, and without the server too', async () => {
  expect((await run(file)).err).toContain('This organization is here already')
  await to.kill('SIGTERM')
  expect((await run(file, '--slug', 'other')).err).toContain('This organization is here already')
})
