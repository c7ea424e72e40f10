import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joined } from 'node:path'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

interface Session {
  id: string
  ip: string | null
  user_agent: string | null
  current: boolean
}

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

const signIn = async (email: string, user_agent?: string): Promise<Person> => {
  const person = new Person(server.url)
  const headers: Record<string, string> = user_agent === undefined ? {} : { 'User-Agent': user_agent }
  await person.call('POST', '/auth/password', { email, password: PASSWORD }, headers)
  return person
}
const sessions = async (who: Person) =>
  (await who.call<{ data: Session[] }>('GET', '/auth/sessions')).body.data
const me = async (who: Person) => (await who.call('GET', '/auth/me')).status

describe('sessions', () => {
  test('U26 are listed with device and address, and so they are in the log', async () => {
    const here = await join(admin, 'List Er')
    await signIn('list.er@example.com', 'Firefox of the test')
    const [newest, first] = await sessions(here)
    expect(newest).toMatchObject({ current: false, ip: '127.0.0.1', user_agent: 'Firefox of the test' })
    expect(first).toMatchObject({ current: true })
    const { body } = await admin.in<{ data: { payload: { ip: string; user_agent: string } }[] }>(
      'GET',
      '/events?type=auth.login_success',
    )
    expect(body.data[0]?.payload).toMatchObject({ ip: '127.0.0.1', user_agent: 'Firefox of the test' })
  })

  test('U26 all others end by one request, with their streams; those of other people stay', async () => {
    const here = await join(admin, 'End Others')
    const elsewhere = [await signIn('end.others@example.com'), await signIn('end.others@example.com')]
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      Cookie: elsewhere[0]?.cookieHeader ?? '',
    })
    expect((await here.call('DELETE', '/auth/sessions')).status).toBe(204)
    await until(() => stream.ended, 'the stream to end')
    expect(await Promise.all([here, ...elsewhere, admin].map(me))).toEqual([200, 401, 401, 200])
    expect((await sessions(here)).map(({ current }) => current)).toEqual([true])
  })

  test('U27 end at their absolute age, and no refresh makes them longer', async () => {
    const person = await join(admin, 'Too Old')
    const { body } = await person.call<{ session: { id: string; expires_at: string } }>('GET', '/auth/me')
    const refreshed = await person.call<{ session: { expires_at: string } }>('POST', '/auth/refresh')
    expect(refreshed.body.session.expires_at).toBe(body.session.expires_at)
    const sql = databaseOf(server)
    await sql`update sessions set expires_at = now() where id = ${body.session.id}`
    await sql.end()
    expect((await person.call('POST', '/auth/refresh')).body).toMatchObject({
      error: { code: 'SESSION_EXPIRED' },
    })
    await until(async () => (await me(person)) === 401)
  })

  test('U27 that were ended stay so after a restart; the others go on', async () => {
    const [kept, ended] = [await join(admin, 'Kept On'), await join(admin, 'Ended Once')]
    await ended.call('POST', '/auth/logout')
    const cookies = new Map(kept.cookies)
    await server.restart()
    expect(await me(kept)).toBe(200)
    expect(cookies.size).toBeGreaterThan(0)
    expect(await me(ended)).toBe(401)
  })
})

test('U28 the secret of the data folder is rotated by a command, without signing anybody out', async () => {
  const data_dir = mkdtempSync(joined(tmpdir(), 'mc-rotate-'))
  const rotate = async (env: Record<string, string> = {}) => {
    const child = Bun.spawn([process.execPath, 'src/main.ts', 'admin', 'rotate-jwt-secret'], {
      env: { ...process.env, MC_DATA_DIR: data_dir, ...env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return await child.exited
  }
  expect(await rotate()).toBe(1)
  const first = await startServer({ data_dir })
  try {
    const person = await setUp(first)
    const file = joined(data_dir, 'secrets', 'jwt-secret')
    const before = readFileSync(file, 'utf8')
    expect(await rotate({ MC_JWT_SECRET: 'a secret in the settings, which is long enough' })).toBe(1)
    expect(existsSync(`${file}.previous`)).toBe(false)
    expect(await rotate()).toBe(0)
    expect(readFileSync(`${file}.previous`, 'utf8')).toBe(before)
    expect(readFileSync(file, 'utf8')).not.toBe(before)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(`${file}.previous`).mode & 0o777).toBe(0o600)
    await first.restart()
    expect(await me(person)).toBe(200)
    expect((await person.call('POST', '/auth/refresh')).status).toBe(200)
    // The next rotation ends what the first secret signed, and keeps what the second one did.
    expect(await rotate()).toBe(0)
    await first.restart()
    expect(await me(person)).toBe(200)
  } finally {
    await first.stop()
    rmSync(data_dir, { recursive: true, force: true })
  }
})
