import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { PASSWORD, Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const EMAIL = 'ines@example.com'
const STRANGER = '203.0.113.66'

let server: TestServer
let ines: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'on', MC_TRUSTED_PROXIES: '127.0.0.1,::1' } })
  ines = await setUp(server)
})
afterAll(() => server.stop())

const signIn = (who: Person, ip: string, password = PASSWORD, email = EMAIL) =>
  who.call('POST', '/auth/password', { email, password }, { 'X-Forwarded-For': ip })

/** A browser in which this person signed in before, and is signed out. */
function knownBrowser(of: Person): Person {
  const fresh = new Person(server.url)
  for (const [name, value] of of.cookies) if (name.includes('device')) fresh.cookies.set(name, value)
  expect(fresh.cookies.size).toBe(1)
  return fresh
}

describe('U14 strangers who fail to sign in as somebody', () => {
  test('are slowed down, and keep the owner out neither elsewhere nor in a known browser', async () => {
    const statuses: number[] = []
    for (let i = 0; i < 14; i++)
      statuses.push((await signIn(new Person(server.url), STRANGER, `a guess of ${i} 1`)).status)
    expect(statuses[0]).toBe(401)
    expect(statuses.at(-1)).toBe(429)
    // Also with the right password: a stranger must not find it by the answer.
    expect((await signIn(new Person(server.url), STRANGER)).status).toBe(429)
    expect((await signIn(new Person(server.url), '203.0.113.9')).status).toBe(200)
    expect((await signIn(knownBrowser(ines), STRANGER)).status).toBe(200)
  })

  test('gain nothing from the cookie of an account of their own', async () => {
    const from = { 'X-Forwarded-For': '203.0.113.67' }
    const body = { type: 'human', email: 'mallory@example.com', display_name: 'Mallory', role: 'contributor' }
    const invited = await ines.in<{ invite_url: string }>('POST', '/users', body)
    const mallory = new Person(server.url)
    const path = `/auth/invites/${invited.body.invite_url.split('/').at(-1)}/accept`
    expect((await mallory.call('POST', path, { password: 'of mallory alone 1' }, from)).status).toBe(200)
    const statuses: number[] = []
    for (let i = 0; i < 20; i++)
      statuses.push((await signIn(knownBrowser(mallory), '203.0.113.67', `a guess of ${i} 2`)).status)
    expect(statuses).toContain(429)
  })
})
