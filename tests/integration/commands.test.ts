import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Project, Task } from '../../src/contracts/resources.ts'
import { OPENCLAW_TASKS } from '../../src/demo/openclaw.ts'
import type { DemoLogins } from '../../src/demo/seed.ts'
import { TASKS } from '../../src/demo/work.ts'
import { generalChannel, type Message, Person } from '../support/client.ts'
import { startServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

type Listed<T> = { data: T[] }

const ROOT = join(import.meta.dir, '..', '..')
const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mc-command-'))
  folders.push(made)
  return made
}

async function run(args: string[], data_dir: string) {
  const child = Bun.spawn([process.execPath, 'src/main.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', MC_DATA_DIR: data_dir },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

describe('demo', () => {
  test('has people, agents, projects, tasks and a conversation; its agents answer and move cards', async () => {
    const data_dir = folder()
    const server = await startServer({ command: ['demo'], data_dir })
    try {
      const file = join(data_dir, 'demo', 'demo-logins.json')
      await until(() => server.log().includes('Sign in as Ines'))
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const logins = JSON.parse(readFileSync(file, 'utf8')) as DemoLogins
      const { email, password } = logins.people[0]!
      expect(server.log()).toContain(`${email}, password ${password}`)

      const ines = await new Person(server.url).signIn(email, password)
      const users = await ines.in<Listed<{ type: string }>>('GET', '/users')
      expect(users.body.data.map(({ type }) => type).toSorted()).toEqual(['agent', 'agent', 'human', 'human'])
      const projects = await ines.in<Listed<Project>>('GET', '/projects')
      expect(projects.body.data).toHaveLength(8)
      expect(new Set(projects.body.data.map(({ stage }) => stage)).size).toBe(6)
      const tasks = await ines.in<Listed<Task>>('GET', '/tasks?per_page=100')
      expect(tasks.body.data).toHaveLength(TASKS.length)
      expect(new Set(tasks.body.data.map(({ status }) => status)).size).toBe(4)
      expect(tasks.body.data.some(({ blocked_by }) => blocked_by.length > 0)).toBe(true)
      expect(tasks.body.data.some(({ evidence }) => evidence.length > 0)).toBe(true)

      const general = await generalChannel(ines)
      const messages = async () =>
        (await ines.in<Listed<Message>>('GET', `/channels/${general.id}/messages?limit=100`)).body.data
      expect((await messages()).length).toBeGreaterThanOrEqual(50)
      const asked = await ines.in<Message>('POST', `/channels/${general.id}/messages`, {
        content: '@forge how does the queue survive a kill?',
      })
      const answered = async () => (await messages()).find(({ reply_to }) => reply_to === asked.body.id)
      await until(async () => (await answered()) !== undefined)
      expect(await answered()).toMatchObject({ sender: { type: 'agent', display_name: 'forge' } })
      await until(
        async () =>
          (await messages()).find(({ id }) => id === asked.body.id)?.deliveries[0]?.state === 'answered',
      )

      // Its agents move cards while somebody looks.
      const moves = async () =>
        (
          await ines.in<Listed<{ actor: { type: string }; sequence: number }>>(
            'GET',
            '/events?type=task.transitioned&limit=1',
          )
        ).body.data[0]?.sequence ?? 0
      const seen = await moves()
      await until(async () => (await moves()) > seen)

      // The second start keeps what is there.
      await server.restart()
      await until(() => server.log().split('Sign in as Ines').length === 3)
      const again = await new Person(server.url).signIn(email, password)
      expect((await again.in<Listed<Task>>('GET', '/tasks?per_page=100')).body.data).toHaveLength(
        TASKS.length,
      )
    } finally {
      await server.stop()
    }
  })
})

describe('command line', () => {
  test('`db seed` fills an empty database, and one in use only with --force', async () => {
    const data_dir = folder()
    const first = await run(['db', 'seed'], data_dir)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toContain('ines@fieldnote.example, password ')
    const second = await run(['db', 'seed'], data_dir)
    expect(second.code).toBe(1)
    expect(second.err).toContain('There is data in this database already')
    // The demo's people are there already: said in one sentence.
    const forced = await run(['db', 'seed', '--force'], data_dir)
    expect(forced.code).toBe(1)
    expect(forced.err).not.toContain('    at ')
  })

  test('`db seed --openclaw` makes the organization with the plan, an administrator and an agent', async () => {
    const data_dir = folder()
    const { code, err, out } = await run(['db', 'seed', '--openclaw'], data_dir)
    expect([code, err]).toEqual([0, ''])
    const [, password = ''] = /robin@openclaw\.example, password (\S+)/.exec(out) ?? []
    const [, key = ''] = /agent claw: key (\S+)/.exec(out) ?? []
    const again = await run(['db', 'seed', '--openclaw'], data_dir)
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('db seed --openclaw --force')])
    expect((await run(['db', 'seed', '--force'], data_dir)).code).toBe(0)
    const server = await startServer({ data_dir })
    try {
      const robin = await new Person(server.url).signIn('robin@openclaw.example', password)
      robin.org = 'openclaw'
      const { body: projects } = await robin.in<Listed<Project>>('GET', '/projects')
      expect(projects.data).toMatchObject([{ name: 'Mission Control', stage: 'development' }])
      const { body: tasks } = await robin.in<Listed<Task>>('GET', '/tasks?sort=created_at&order=asc')
      expect(tasks.data.map(({ title }) => title)).toEqual(OPENCLAW_TASKS.map(({ title }) => title))
      const headers = { Authorization: `Bearer ${key}` }
      const mine = await fetch(`${server.url}/api/v1/orgs/openclaw/tasks?assigned_to=me`, { headers })
      expect(((await mine.json()) as Listed<Task>).data).toMatchObject([{ title: 'Comms Bridge' }])
    } finally {
      await server.stop()
    }
  })

  test('`migrate` goes down, up, and says where it is', async () => {
    const data_dir = folder()
    expect(await run(['migrate', 'up'], data_dir)).toMatchObject({ code: 0 })
    const down = await run(['migrate', 'down', '--to', '1'], data_dir)
    expect(down.out).toContain('The schema has version 1.')
    const up = await run(['migrate', 'up'], data_dir)
    expect(up.out).toContain('applied 0002_lookups')
    expect((await run(['migrate', 'sideways'], data_dir)).code).toBe(2)
  })

  test('a word that is no command is answered with help, not with a stack trace', async () => {
    const { err, code } = await run(['srve'], folder())
    expect(code).toBe(2)
    expect(err).toBe('There is no command "srve". Try: mission-control --help\n')
    expect((await run(['--help'], folder())).out).toContain('migrate down --to N')
  })
})
