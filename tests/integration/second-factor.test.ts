import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { totpCode, totpStep } from '../../src/auth/totp.ts'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

interface SignedIn {
  user: { id: string; email: string }
  memberships: { org: { slug: string } }[]
  second_factor?: { token: string }
  token?: string
}

const NEW_PASSWORD = 'the new harbour of 7'

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

const anybody = () => new Person(server.url)
const signIn = (email: string, password = PASSWORD, by = anybody()) =>
  by.call<SignedIn>('POST', '/auth/password', { email, password })
const verify = (token: string | undefined, code: string, by = anybody(), more = {}) =>
  by.call<SignedIn>('POST', '/auth/second-factor/verify', { token, code, ...more })

/** As an authenticator app reads it. */
function decoded(secret: string): Buffer {
  const bits = [...secret]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/**
 * A member with a second factor. `code()` is a code that was not used: time is not waited for, the steps that were taken are
 * forgotten instead.
 */
async function guarded(name: string) {
  const person = await join(admin, name)
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
  const begun = await person.call<{ secret: string; uri: string }>('POST', '/auth/second-factor', {
    current_password: PASSWORD,
  })
  expect(begun.status).toBe(201)
  const secret = decoded(begun.body.secret)
  const now = (steps = 0) => totpCode(secret, totpStep(Date.now()) + steps)
  const confirmed = await person.call<{ recovery_codes: string[] }>('POST', '/auth/second-factor/confirm', {
    code: now(),
  })
  expect(confirmed.status).toBe(200)
  async function code(): Promise<string> {
    const sql = databaseOf(server)
    await sql`update second_factors set last_step = 0 where account_id = (select id from users where email = ${email})`
    await sql.end()
    return now()
  }
  return { person, email, code, now, recovery_codes: confirmed.body.recovery_codes }
}

describe('a second factor', () => {
  test('U19 is turned on with the password and a first code; other sessions end', async () => {
    const person = await join(admin, 'Fay On')
    const email = 'fay.on@example.com'
    const elsewhere = anybody()
    await signIn(email, PASSWORD, elsewhere)
    const begin = (current_password: string) =>
      person.call<{ secret: string; uri: string }>('POST', '/auth/second-factor', { current_password })
    expect((await begin('not the password 1')).status).toBe(401)
    const { body } = await begin(PASSWORD)
    expect(body.uri).toContain(`secret=${body.secret}`)
    expect((await person.call('POST', '/auth/second-factor/confirm', { code: '12345' })).status).toBe(401)
    // It does nothing before its first code.
    expect((await signIn(email)).body.second_factor).toBeUndefined()
    const code = totpCode(decoded(body.secret), totpStep(Date.now()))
    const on = await person.call<{ recovery_codes: string[] }>('POST', '/auth/second-factor/confirm', {
      code,
    })
    expect(on.body.recovery_codes.length).toBe(10)
    expect((await person.call('GET', '/auth/me')).status).toBe(200)
    expect((await elsewhere.call('GET', '/auth/me')).status).toBe(401)
    expect((await person.call('GET', '/auth/second-factor')).body).toMatchObject({ recovery_codes_left: 10 })
    expect((await begin(PASSWORD)).body).toMatchObject({ error: { code: 'INVALID_TRANSITION' } })
    const { body: log } = await admin.in<{ data: { payload: { change: string } }[] }>(
      'GET',
      '/events?type=auth.account_changed',
    )
    expect(log.data[0]?.payload.change).toBe('second_factor_on')
  })

  test('U20 a right password alone opens nothing; a code signs in once', async () => {
    const { email, code } = await guarded('Gus Step')
    const browser = anybody()
    const first = await signIn(email, PASSWORD, browser)
    expect(first.status).toBe(200)
    expect(Object.keys(first.body)).toEqual(['second_factor'])
    expect(browser.cookies.size).toBe(0)
    const token = first.body.second_factor?.token
    const good = await code()
    expect((await verify(token, '000000')).status).toBe(401)
    expect((await verify(`${token?.slice(0, -4)}AAAA`, good)).status).toBe(401)
    const done = await verify(token, good, browser, { token_response: true })
    expect([done.status, done.body.user.email, typeof done.body.token]).toEqual([200, email, 'string'])
    expect((await browser.call('GET', '/auth/me')).status).toBe(200)
    // Neither the code nor the token is taken again.
    const again = await signIn(email)
    expect((await verify(again.body.second_factor?.token, good)).status).toBe(401)
    expect((await verify(token, await code())).status).toBe(401)
  })

  test('U20 a wrong password gets the same answer with and without a second factor', async () => {
    const { email } = await guarded('Hal Same')
    await join(admin, 'Ida Plain')
    const answers = []
    for (const address of [email, 'ida.plain@example.com', 'nobody@example.com'])
      answers.push(await signIn(address, 'not the password 1'))
    const [first, ...others] = answers.map(({ status, body, headers }) => ({
      status,
      body,
      headers: [...headers.keys()].sort(),
    }))
    for (const other of others) expect(other).toEqual(first!)
  })

  test('U20 a recovery code signs in once, and is in the log', async () => {
    const { email, recovery_codes } = await guarded('Jo Recover')
    const [one = ''] = recovery_codes
    const step = async () => (await signIn(email)).body.second_factor?.token
    expect((await verify(await step(), one.toUpperCase())).status).toBe(200)
    expect((await verify(await step(), one)).status).toBe(401)
    const { body } = await admin.in<{ data: { payload: { change: string } }[] }>(
      'GET',
      '/events?type=auth.account_changed',
    )
    expect(body.data[0]?.payload.change).toBe('recovery_code_used')
  })

  test('U21 new recovery codes take the password and end the former; off takes a code too', async () => {
    const { person, email, code, recovery_codes } = await guarded('Kim Off')
    const renew = (current_password: string) =>
      person.call<{ recovery_codes: string[] }>('POST', '/auth/second-factor/recovery-codes', {
        current_password,
      })
    expect((await renew('not the password 1')).status).toBe(401)
    expect((await renew(PASSWORD)).body.recovery_codes.length).toBe(10)
    const off = (with_code: string) =>
      person.call('DELETE', '/auth/second-factor', { current_password: PASSWORD, code: with_code })
    expect((await off(recovery_codes[0] ?? '')).status).toBe(401)
    expect((await off(await code())).status).toBe(204)
    expect((await off('000000')).body).toMatchObject({ error: { code: 'INVALID_TRANSITION' } })
    expect((await renew(PASSWORD)).body).toMatchObject({ error: { code: 'INVALID_TRANSITION' } })
    expect((await signIn(email)).body.user.email).toBe(email)
  })

  test('U21 a sign-in link sets a password and asks for the second factor all the same', async () => {
    const { person, email, code } = await guarded('Lea Link')
    const link = await admin.in<{ sign_in_url: string }>('POST', `/users/${person.user_id}/sign-in-link`)
    const token = link.body.sign_in_url.split('/').at(-1)
    const browser = anybody()
    const used = await browser.call<SignedIn>('POST', `/auth/sign-in-links/${token}/accept`, {
      password: NEW_PASSWORD,
    })
    expect([used.status, Object.keys(used.body), browser.cookies.size]).toEqual([200, ['second_factor'], 0])
    expect((await verify(used.body.second_factor?.token, await code())).body.user.email).toBe(email)
  })

  test('U21 a second step ends with the password that it was begun with', async () => {
    const { person, email, code } = await guarded('Max Begun')
    const begun = await signIn(email)
    await person.call('PUT', '/auth/password', { current_password: PASSWORD, new_password: NEW_PASSWORD })
    expect((await verify(begun.body.second_factor?.token, await code())).status).toBe(401)
  })

  test('U21 the operator turns it off for whoever lost it', async () => {
    const { email } = await guarded('Nia Lost')
    const shell = async (...args: string[]) => {
      const child = Bun.spawn([process.execPath, 'src/main.ts', 'admin', 'reset-password', email, ...args], {
        env: { ...process.env, MC_DATA_DIR: server.data_dir, MC_PUBLIC_URL: server.url },
        stdout: 'pipe',
      })
      return (await new Response(child.stdout).text()).trim().split('/').at(-1)
    }
    const accept = async (token: string | undefined, password: string) =>
      (await anybody().call<SignedIn>('POST', `/auth/sign-in-links/${token}/accept`, { password })).body
    expect((await accept(await shell(), NEW_PASSWORD)).second_factor).toBeDefined()
    expect((await accept(await shell('--without-second-factor'), PASSWORD)).user.email).toBe(email)
    expect((await signIn(email)).body.second_factor).toBeUndefined()
  })
})

test('U22 wrong codes are in the log, several of one address in one row', async () => {
  const { email, person } = await guarded('Oda Wrong')
  const token = (await signIn(email)).body.second_factor?.token
  for (let i = 0; i < 3; i++) expect((await verify(token, '000000')).status).toBe(401)
  const failures = () =>
    admin.in<{ data: { payload: { method: string; user_id: string; count: number } }[] }>(
      'GET',
      '/events?type=auth.login_failure',
    )
  await until(async () =>
    (await failures()).body.data.some(
      ({ payload }) => payload.method === 'second_factor' && payload.user_id === person.user_id,
    ),
  )
})
