import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { relyingParty } from '../../src/auth/passkeys.ts'
import { Authenticator } from '../support/authenticator.ts'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

interface Begun {
  token: string
  options: { challenge: string; rp?: { id: string }; excludeCredentials?: { id: string }[] }
}
interface SignedIn {
  user: { id: string; email: string }
}
interface Passkey {
  id: string
  name: string
  synced: boolean
  last_used_at: string | null
}

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

const anybody = () => new Person(server.url)
/** Pages of the server are at localhost: no passkey is bound to a bare address. */
const origin = () => `http://localhost:${server.port}`

const beginNew = (who: Person, current_password = PASSWORD) =>
  who.call<Begun>('POST', '/auth/passkeys/options', { current_password })
const add = (who: Person, token: string, credential: object, name = 'Key') =>
  who.call<Passkey>('POST', '/auth/passkeys', { token, name, credential })
const beginSignIn = (by = anybody()) => by.call<Begun>('POST', '/auth/passkeys/sign-in/options')
const signIn = (token: string, credential: object, by = anybody()) =>
  by.call<SignedIn>('POST', '/auth/passkeys/sign-in', { token, credential })

/** A member with a passkey. */
async function withPasskey(name: string) {
  const person = await join(admin, name)
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
  const key = new Authenticator(origin())
  const { token, options } = (await beginNew(person)).body
  const made = await add(person, token, key.create(options))
  expect(made.status).toBe(201)
  return { person, email, key, passkey: made.body }
}

describe('a passkey', () => {
  test('U23 is added with the password, listed, and signs in', async () => {
    const person = await join(admin, 'Ada Key')
    const key = new Authenticator(origin())
    expect((await beginNew(person, 'not the password 1')).status).toBe(401)
    const begun = await beginNew(person)
    expect(begun.body.options.rp?.id).toBe('localhost')
    const made = await add(person, begun.body.token, key.create(begun.body.options), ' My  key ')
    expect([made.status, made.body.name, made.body.synced]).toEqual([201, 'My key', false])
    const listed = () => person.call<{ data: Passkey[] }>('GET', '/auth/passkeys')
    expect((await listed()).body.data).toMatchObject([{ id: made.body.id, last_used_at: null }])
    const again = await beginNew(person)
    expect(again.body.options.excludeCredentials).toMatchObject([{ id: key.create(begun.body.options).id }])

    const browser = anybody()
    const { token, options } = (await beginSignIn(browser)).body
    const signed_in = await signIn(token, key.get(options), browser)
    expect([signed_in.status, signed_in.body.user.email]).toEqual([200, 'ada.key@example.com'])
    expect((await browser.call('GET', '/auth/me')).status).toBe(200)
    expect((await listed()).body.data[0]?.last_used_at).not.toBeNull()
    const { body } = await admin.in<{ data: { payload: { method: string } }[] }>(
      'GET',
      '/events?type=auth.login_success',
    )
    expect(body.data[0]?.payload.method).toBe('passkey')
  })

  test('U23 replaces password and second factor', async () => {
    const { person, email, key } = await withPasskey('Bea Both')
    const begun = await person.call<{ secret: string }>('POST', '/auth/second-factor', {
      current_password: PASSWORD,
    })
    const { totpCode, totpStep } = await import('../../src/auth/totp.ts')
    const bits = [...begun.body.secret]
      .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
      .join('')
    const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
    const code = totpCode(secret, totpStep(Date.now()))
    expect((await person.call('POST', '/auth/second-factor/confirm', { code })).status).toBe(200)
    const { token, options } = (await beginSignIn()).body
    expect((await signIn(token, key.get(options))).body.user.email).toBe(email)
  })

  test('U24 an answer works once, and not for another challenge, page or purpose', async () => {
    const { key, person } = await withPasskey('Cas Once')
    const { token, options } = (await beginSignIn()).body
    const answer = key.get(options)
    const other = (await beginSignIn()).body
    expect((await signIn(other.token, answer)).status).toBe(401)
    expect((await signIn(token, answer)).status).toBe(200)
    expect((await signIn(token, answer)).status).toBe(401)
    const refused = async (changes: Parameters<typeof key.get>[1]) => {
      const begun = (await beginSignIn()).body
      return (await signIn(begun.token, key.get(begun.options, changes))).status
    }
    expect(await refused({})).toBe(200)
    expect(await refused({ origin: 'https://evil.example' })).toBe(401)
    expect(await refused({ rp_id: 'evil.example' })).toBe(401)
    expect(await refused({ challenge: 'AAAA' })).toBe(401)
    expect(await refused({ unverified: true })).toBe(401)
    // A counter that does not go on: the passkey was copied.
    expect(await refused({ counter: 1 })).toBe(401)
    const forged = (await beginSignIn()).body
    expect((await signIn(forged.token, new Authenticator(origin()).get(forged.options))).status).toBe(401)
    // A challenge for a new passkey is none for a sign-in, and the reverse.
    const making = (await beginNew(person)).body
    expect((await signIn(making.token, key.get(making.options))).status).toBe(401)
    const signing = (await beginSignIn()).body
    expect(
      (await add(person, signing.token, new Authenticator(origin()).create(signing.options))).status,
    ).toBe(400)
  })

  test('U24 one answer that comes several times at once starts one session', async () => {
    const { key } = await withPasskey('Dee Race')
    const { token, options } = (await beginSignIn()).body
    const answer = key.get(options)
    const answers = await Promise.all([1, 2, 3, 4].map(() => signIn(token, answer)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401])
  })

  test('U24 is added to the account that asked, once, and by a verified person only', async () => {
    const [eve, fred] = [await join(admin, 'Eve Adds'), await join(admin, 'Fred Adds')]
    const { token, options } = (await beginNew(eve)).body
    const key = new Authenticator(origin())
    expect((await add(fred, token, key.create(options))).status).toBe(400)
    expect((await add(eve, token, key.create(options, { unverified: true }))).status).toBe(400)
    expect((await add(eve, token, key.create(options, { origin: 'https://evil.example' }))).status).toBe(400)
    expect((await add(eve, token, key.create(options))).status).toBe(201)
    expect((await add(eve, token, new Authenticator(origin()).create(options))).status).toBe(400)
    // The same passkey for another account.
    const other = (await beginNew(fred)).body
    expect((await add(fred, other.token, key.create(other.options))).body).toMatchObject({
      error: { code: 'INVALID_TRANSITION' },
    })
  })

  test('U25 is removed with the password, and opens nothing then; those of others are not seen', async () => {
    const { person, key, passkey } = await withPasskey('Gil Gone')
    const other = await withPasskey('Hue Other')
    const remove = (who: Person, id: string, current_password = PASSWORD) =>
      who.call('DELETE', `/auth/passkeys/${id}`, { current_password })
    expect((await remove(person, other.passkey.id)).body).toMatchObject({
      error: { code: 'PASSKEY_NOT_FOUND' },
    })
    expect((await remove(person, passkey.id, 'not the password 1')).status).toBe(401)
    expect((await remove(person, passkey.id)).status).toBe(204)
    const { token, options } = (await beginSignIn()).body
    expect((await signIn(token, key.get(options))).status).toBe(401)
    expect((await signIn((await beginSignIn()).body.token, other.key.get(options))).status).toBe(401)
  })
})

test('U23 passkeys are bound to a domain: https with a name, or this machine', () => {
  const id = (url: string) => relyingParty(url, [url])?.id
  expect(id('https://mc.example.com/mc')).toBe('mc.example.com')
  expect(id('http://localhost:4000')).toBe('localhost')
  for (const url of [
    'http://mc.example.com',
    'https://192.0.2.1',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
  ])
    expect(id(url)).toBeUndefined()
})
