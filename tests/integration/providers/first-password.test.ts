import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { PASSWORD, Person, setUp } from '../../support/client.ts'
import { Wanderer } from '../../support/openid/browser.ts'
import type { EvilProvider } from '../../support/openid/evil-provider.ts'
import { databaseOf, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'
import { invite, startWorld, tokenOf, type World } from './world.ts'

const NEW_PASSWORD = 'a harbour of my own 9'

let world: World
let server: TestServer
let provider: EvilProvider
let admin: Wanderer

beforeAll(async () => {
  world = await startWorld()
  ;({ server, provider } = world)
  await setUp(server)
  // By the provider: a session by password would shut itself out below.
  provider.person = { sub: 'ines', email: 'ines@example.com', email_verified: true }
  admin = new Wanderer(server.url)
  await admin.signInAt()
  admin.org = 'fieldnote'
})
afterAll(() => world.stop())

const allow = async (...methods: string[]) => {
  const settings = { authentication: { allowed_oidc_providers: methods } }
  expect((await admin.in('PATCH', '', { settings })).status).toBe(200)
}

/** Somebody who has joined with the provider, and has no password. */
async function joined(name: string): Promise<{ by: Wanderer; email: string; user_id: string }> {
  const email = `${name}@example.com`
  const invited = await invite(admin, email)
  provider.person = { sub: name, email, email_verified: true }
  const by = new Wanderer(server.url)
  await by.joinAt(tokenOf(invited))
  by.org = 'fieldnote'
  return { by, email, user_id: invited.body.id }
}

interface State {
  is_set: boolean
  allowed: boolean
  recent_until: string | null
}
const state = async (by: Person) => (await by.call<State>('GET', '/auth/password')).body

const set = (by: Person, more: object = {}) =>
  by.call<{ error?: { code: string } }>('PUT', '/auth/password', { new_password: NEW_PASSWORD, ...more })

const opens = async (email: string, password = NEW_PASSWORD) =>
  (await new Person(server.url).call('POST', '/auth/password', { email, password })).status

/** Makes the sessions of an account eleven minutes old. */
async function age(by: Person): Promise<void> {
  const { body } = await by.call<{ user: { id: string } }>('GET', '/auth/me')
  const sql = databaseOf(server)
  await sql`update sessions set created_at = now() - interval '11 minutes' where user_id = ${body.user.id}`
  await sql.end()
  // Rows of sessions are remembered for a moment.
  await until(async () => (await state(by)).recent_until === null, 'the session to be old')
}

/** The token that the shell of the server prints. */
async function shellLink(email: string, ...flags: string[]): Promise<string> {
  const child = Bun.spawn(
    [process.execPath, 'src/main.ts', 'admin', 'reset-password', '--email', email, ...flags],
    {
      env: { PATH: process.env.PATH ?? '', MC_DATA_DIR: server.data_dir, MC_PORT: String(server.port) },
      stdout: 'pipe',
    },
  )
  return /sign-in-link\/(\S+)/.exec(await new Response(child.stdout).text())?.[1] ?? ''
}

describe('P12 a first password beside a provider', () => {
  test('is set within minutes of a sign-in, opens the same account, and ends the other sessions', async () => {
    const { by, email, user_id } = await joined('una')
    const other = new Wanderer(server.url)
    await other.signInAt()
    expect(await state(by)).toMatchObject({ is_set: false, allowed: true })
    expect((await set(by, { new_password: 'password123' })).status).toBe(400)
    expect((await set(by)).status).toBe(204)
    expect(await state(by)).toMatchObject({ is_set: true })
    expect(await opens(email)).toBe(200)
    const again = await new Person(server.url).signIn(email, NEW_PASSWORD)
    expect(again.user_id).toBe(user_id)
    await until(async () => (await other.orgs()) === undefined, 'the other session to end')
    expect(await by.orgs()).toEqual(['fieldnote'])
    // The identity opens the account still, and may go now.
    const [identity] = (await by.call<{ data: { id: string }[] }>('GET', '/auth/identities')).body.data
    expect((await by.call('DELETE', `/auth/identities/${identity?.id}`)).status).toBe(204)
    const log = await admin.in<{ data: { payload: { user_id: string; by: string } }[] }>(
      'GET',
      '/events?type=auth.password_changed',
    )
    expect(log.body.data.map(({ payload }) => [payload.user_id, payload.by])).toContainEqual([
      user_id,
      'owner',
    ])
  })

  test('takes a new sign-in when the last one is old, and never replaces a password', async () => {
    const { by, email } = await joined('vera')
    await age(by)
    expect((await set(by)).body.error?.code).toBe('INVALID_CREDENTIALS')
    expect(await opens(email)).toBe(401)
    await by.signInAt()
    expect((await set(by)).status).toBe(204)
    expect((await set(by, { new_password: `${NEW_PASSWORD} x` })).body.error?.code).toBe('VALIDATION_FAILED')
    expect(await opens(email)).toBe(200)
    expect(await opens(email, `${NEW_PASSWORD} x`)).toBe(401)
  })

  test('is refused where it would let in nowhere', async () => {
    const { by, email } = await joined('wim')
    await allow('oidc')
    expect(await state(by)).toMatchObject({ is_set: false, allowed: false })
    expect((await set(by)).body.error?.code).toBe('INVALID_TRANSITION')
    await allow('oidc', 'password')
    expect(await opens(email)).toBe(401)
    expect((await set(by)).status).toBe(204)
  })
})

describe('P8 an identity is added', () => {
  const add = (by: Person, more: object = {}) =>
    by.call<{ continue_at?: string; error?: { code: string } }>('POST', '/auth/identities', {
      provider: 'oidc',
      return_to: '/orgs',
      ...more,
    })

  test('within minutes of a sign-in, or with the password: an open browser gives nobody a way in for good', async () => {
    const { by } = await joined('zoe')
    expect((await add(by)).status).toBe(200)
    await age(by)
    const refused = await add(by)
    expect([refused.status, refused.body.error?.code]).toEqual([401, 'INVALID_CREDENTIALS'])
    // Without a password nothing that is typed is right.
    expect((await add(by, { current_password: NEW_PASSWORD })).status).toBe(401)
    await by.signInAt()
    expect((await set(by)).status).toBe(204)
    await age(by)
    expect((await add(by)).status).toBe(401)
    expect((await add(by, { current_password: PASSWORD })).status).toBe(401)
    expect((await add(by, { current_password: NEW_PASSWORD })).body.continue_at).toContain(provider.issuer)
  })
})

describe('P13 a sign-in link of an organization that lets nobody in with a password', () => {
  const link = (user_id: string) =>
    admin.in<{ sign_in_url: string; error?: { code: string } }>('POST', `/users/${user_id}/sign-in-link`)

  test('is not made, and one that was made before waits unused', async () => {
    const { user_id } = await joined('xena')
    const made = await link(user_id)
    const token = made.body.sign_in_url.split('/').at(-1)
    const path = `/auth/sign-in-links/${token}`
    const stranger = new Person(server.url)
    expect((await stranger.call<{ enters: boolean }>('GET', path)).body.enters).toBe(true)
    await allow('oidc')
    expect((await link(user_id)).body.error?.code).toBe('INVALID_TRANSITION')
    for (const [method, to, body] of [
      ['GET', path, undefined],
      ['POST', `${path}/accept`, { password: NEW_PASSWORD }],
    ] as const) {
      const refused = await stranger.call<{ error: { code: string; message: string } }>(method, to, body)
      expect([refused.status, refused.body.error.code]).toEqual([409, 'INVALID_TRANSITION'])
      expect(refused.body.error.message).toContain('lets nobody in with a password')
    }
    await allow('oidc', 'password')
    const used = await stranger.call<{ memberships: unknown[] }>('POST', `${path}/accept`, {
      password: NEW_PASSWORD,
    })
    expect([used.status, used.body.memberships.length]).toEqual([200, 1])
  })

  test('of the shell is the operator’s business: it sets the password, and says that it lets in nowhere', async () => {
    const { email } = await joined('yuri')
    await allow('oidc')
    const token = await shellLink(email)
    const stranger = new Person(server.url)
    const path = `/auth/sign-in-links/${token}`
    expect((await stranger.call<{ enters: boolean }>('GET', path)).body.enters).toBe(false)
    const used = await stranger.call<{ memberships: unknown[] }>('POST', `${path}/accept`, {
      password: PASSWORD,
    })
    expect([used.status, used.body.memberships]).toEqual([200, []])
    await allow('oidc', 'password')
    expect(await opens(email, PASSWORD)).toBe(200)
  })

  test('of the shell lets an administrator in again whose provider is gone, when it says so', async () => {
    await allow('oidc')
    const token = await shellLink('ines@example.com', '--allow-password')
    const stranger = new Person(server.url)
    const path = `/auth/sign-in-links/${token}`
    expect((await stranger.call<{ enters: boolean }>('GET', path)).body.enters).toBe(true)
    const used = await stranger.call<{ memberships: { role: string }[] }>('POST', `${path}/accept`, {
      password: NEW_PASSWORD,
    })
    expect([used.status, used.body.memberships.map(({ role }) => role)]).toEqual([200, ['administrator']])
    const changed = await admin.in<{ data: { actor: { id: string } }[] }>(
      'GET',
      '/events?type=org.settings_changed&limit=1',
    )
    expect(changed.status).toBe(401)
    provider.person = { sub: 'ines', email: 'ines@example.com', email_verified: true }
    await admin.signInAt()
    const log = await admin.in<{ data: { actor: { display_name: string } }[] }>(
      'GET',
      '/events?type=org.settings_changed&limit=1',
    )
    expect(log.body.data[0]?.actor.display_name).toBe('Ines Carvalho')
  })
})
