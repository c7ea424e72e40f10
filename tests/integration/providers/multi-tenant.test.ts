import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join, PASSWORD, type Person, setUp } from '../../support/client.ts'
import { Wanderer } from '../../support/openid/browser.ts'
import type { EvilProvider } from '../../support/openid/evil-provider.ts'
import type { TestServer } from '../../support/server.ts'
import { invite, startWorld, tokenOf, type World } from './world.ts'

let world: World
let server: TestServer
let provider: EvilProvider
let ines: Person

beforeAll(async () => {
  world = await startWorld({ DEPLOYMENT_MODE: 'multi-tenant' })
  ;({ server, provider } = world)
})
afterAll(() => world.stop())

const browser = () => new Wanderer(server.url)

test('before the first set-up nobody gets an account by a provider', async () => {
  provider.person = { sub: 'early', email: 'early@example.com', email_verified: true }
  expect(await browser().signInAt()).toBe('/login?sign_in=unknown')
  ines = await setUp(server)
  expect(ines.org).toBe('fieldnote')
})

test('a stranger whose address is verified gets one account, and may make an organization', async () => {
  provider.person = { sub: 'max', email: 'max@example.com', email_verified: true, name: ' Max \u202eM ' }
  const both = [browser(), browser()]
  const callbacks = await Promise.all(both.map((one) => one.toCallback()))
  const ends = await Promise.all(both.map((one, i) => one.finish(callbacks[i] ?? '')))
  expect(ends).toEqual(['/', '/'])
  const [first, second] = await Promise.all(
    both.map((one) => one.call<{ user: { id: string; display_name: string } }>('GET', '/auth/me')),
  )
  expect(first?.body.user.id).toBe(second?.body.user.id ?? '')
  // A name that could not be one gives way to the address.
  expect(first?.body.user.display_name).toBe('max')
  const made = await both[0]?.call('POST', '/api/v1/orgs', { name: 'Other', slug: 'other' })
  expect(made?.status).toBe(201)
  provider.person = { sub: 'ned', email: 'ned@example.com', email_verified: false }
  expect(await browser().signInAt()).toBe('/login?sign_in=unverified')
})

test('members of several organizations come together, each made under another password', async () => {
  const max = browser()
  provider.person = { sub: 'max', email: 'max@example.com', email_verified: true }
  await max.signInAt()
  max.org = 'other'
  await join(ines, 'Olga Petrova')
  const token = tokenOf(await invite(max, 'olga.petrova@example.com', 'Olga'))
  const stranger = browser()
  const password = 'of whoever had the link 7'
  expect((await stranger.call('POST', `/auth/invites/${token}/accept`, { password })).status).toBe(200)
  provider.person = { sub: 'olga', email: 'Olga.Petrova@example.com', email_verified: true, name: 'Olga P.' }
  const olga = browser()
  await olga.signInAt()
  expect(await olga.orgs()).toEqual(['fieldnote', 'other'])
  const email = 'olga.petrova@example.com'
  for (const known of [PASSWORD, password])
    expect((await browser().call('POST', '/auth/password', { email, password: known })).status).toBe(401)
})
