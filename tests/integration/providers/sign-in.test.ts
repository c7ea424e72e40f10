import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { User } from '../../../src/contracts/resources.ts'
import { join, PASSWORD, type Person, setUp } from '../../support/client.ts'
import { Wanderer } from '../../support/openid/browser.ts'
import { clientOfGitHub, type GitHubMock, startGitHub } from '../../support/openid/github-mock.ts'
import { clientOf, type RealProvider, startRealProvider } from '../../support/openid/real-provider.ts'
import { databaseOf, freePort, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'
import { invite as inviteBy, tokenOf } from './world.ts'

interface Identity {
  id: string
  provider: string
  email: string | null
}
interface LogRow {
  type: string
  actor: { id: string }
  payload: Record<string, unknown>
}

let server: TestServer
let provider: RealProvider
let github: GitHubMock
let ines: Person

beforeAll(async () => {
  const port = freePort()
  provider = await startRealProvider(`http://localhost:${port}/auth/callback/oidc`)
  github = await startGitHub()
  server = await startServer({
    port,
    env: {
      ...clientOf(provider),
      ...clientOfGitHub(github),
    },
  })
  ines = await setUp(server)
})
afterAll(async () => {
  await server.stop()
  await provider.stop()
  await github.stop()
})
beforeEach(() => {
  provider.declines = false
})

const browser = () => new Wanderer(server.url)

/** Somebody at the provider whose address is verified. */
function person(name: string, more: object = {}) {
  const email = `${name}@example.com`
  provider.person = {
    sub: `id of ${name}`,
    email,
    email_verified: true,
    name: `${name} at the provider`,
    ...more,
  }
  return email
}

const invite = (email: string) => inviteBy(ines, email)

const identities = async (by: Person) =>
  (await by.call<{ data: Identity[] }>('GET', '/auth/identities')).body.data

const open = ({ cookieHeader }: Person) =>
  SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, { Cookie: cookieHeader })

const me = async (by: Person) =>
  (await by.call<{ user: { id: string; display_name: string } }>('GET', '/auth/me')).body.user

const events = async (type: string) =>
  (await ines.in<{ data: LogRow[] }>('GET', `/events?type=${type}`)).body.data

async function byPassword(email: string, password = PASSWORD): Promise<number> {
  return (await browser().call('POST', '/auth/password', { email, password })).status
}

describe('P1 the offer', () => {
  test('names what is configured, and nothing else can be asked for', async () => {
    const { body } = await browser().call<{ providers: { id: string; name: string }[] }>(
      'GET',
      '/auth/providers',
    )
    expect(body.providers).toEqual([
      { id: 'github', name: 'GitHub' },
      { id: 'oidc', name: 'localhost' },
      { id: 'password', name: 'E-mail and password' },
    ])
    for (const id of ['google', 'password', 'nobody', ''])
      expect((await browser().hop(`/auth/login?provider=${id}`)).status).toBe(400)
  })
})

describe('a sign-in at a provider', () => {
  test('carries state, nonce and PKCE, kept in a short-lived signed cookie that scripts cannot read', async () => {
    const { status, to = '', headers } = await browser().hop('/auth/login?provider=oidc')
    expect(status).toBe(302)
    const asked = new URL(to).searchParams
    expect(asked.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(asked.get(name)?.length, name).toBeGreaterThanOrEqual(43)
    const [cookie = ''] = headers.getSetCookie()
    expect(cookie).toMatch(
      /^mc_flow_[0-9a-f]{8}=[\w-]+\.[\w-]{43}; Path=\/; Max-Age=600; SameSite=Lax; HttpOnly$/,
    )
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('P5 opens the account whose address was proved, keeps its password, and is in the log', async () => {
    person('ines')
    const by = browser()
    expect(await by.signInAt('oidc', '/o/fieldnote/tasks')).toBe('/o/fieldnote/tasks')
    expect([...by.cookies.keys()].filter((name) => name.startsWith('mc_flow'))).toEqual([])
    expect(await by.orgs()).toEqual(['fieldnote'])
    expect((await me(by)).display_name).toBe('Ines Carvalho')
    expect(await byPassword('ines@example.com')).toBe(200)
    const methods = (await events('auth.login_success')).map(({ payload }) => payload.method)
    expect(methods).toContain('oidc')
  })

  test('starts a new session, whatever session the browser had before', async () => {
    person('ines')
    const by = browser()
    await by.signInAt()
    const before = [...by.cookies].filter(([name]) => name.startsWith('mc_session')).map(([, value]) => value)
    await by.signInAt()
    const after = [...by.cookies].filter(([name]) => name.startsWith('mc_session')).map(([, value]) => value)
    expect(after).not.toEqual(before)
  })

  test('of a stranger makes no account on a server of one organization', async () => {
    const email = person('stranger')
    const by = browser()
    expect(await by.signInAt('oidc', '/orgs')).toBe('/login?sign_in=unknown&return_to=%2Forgs')
    expect(await by.orgs()).toBeUndefined()
    const sql = databaseOf(server)
    const rows = await sql`select id from users where email = ${email}`
    await sql.end()
    expect(rows.length).toBe(0)
  })

  test('that the person refuses leads back', async () => {
    person('ines')
    provider.declines = true
    expect(await browser().signInAt()).toBe('/login?sign_in=cancelled')
  })

  test('never opens an account by an address that the provider does not vouch for', async () => {
    for (const email_verified of [false, undefined, 'false', 'yes', 1]) {
      person('ines', { sub: `claims to be ines ${email_verified}`, email_verified })
      const by = browser()
      expect(await by.signInAt()).toBe('/login?sign_in=unverified')
      expect(await by.orgs()).toBeUndefined()
    }
  })

  test('P4 knows the person by issuer and subject, whatever becomes of the address', async () => {
    person('ines', { email: 'other@example.com', email_verified: false })
    const by = browser()
    expect(await by.signInAt()).toBe('/')
    expect((await me(by)).display_name).toBe('Ines Carvalho')
  })
})

describe('an account that an invite link made', () => {
  test('P6 is taken over by the owner of the address: its password and sessions end, the member stays', async () => {
    const email = person('uma')
    const invited = await invite(email)
    // Whoever held the link chose the password: it may be a stranger.
    const stranger = browser()
    const joined = await stranger.call('POST', `/auth/invites/${tokenOf(invited)}/accept`, {
      password: PASSWORD,
    })
    expect(joined.status).toBe(200)
    stranger.org = 'fieldnote'
    const stream = await open(stranger)
    const uma = browser()
    expect(await uma.signInAt()).toBe('/')
    uma.org = 'fieldnote'
    expect(await uma.orgs()).toEqual(['fieldnote'])
    expect((await uma.in<User>('GET', '/users/me')).body.id).toBe(invited.body.id)
    await until(() => stream.ended)
    await until(async () => (await stranger.in('GET', '/users/me')).status !== 200)
    expect(await byPassword(email)).toBe(401)
    const linked = await events('auth.identity_linked')
    expect(linked.map(({ payload }) => payload.user_id)).toContain(invited.body.id)
    // The next sign-in opens the same account.
    const again = browser()
    await again.signInAt()
    expect((await me(again)).id).toBe((await me(uma)).id)
  })

  test('stays as it is when the provider does not vouch for the address', async () => {
    const email = person('vera', { email_verified: false })
    await browser().call('POST', `/auth/invites/${tokenOf(await invite(email))}/accept`, {
      password: PASSWORD,
    })
    expect(await browser().signInAt()).toBe('/login?sign_in=unverified')
    expect(await byPassword(email)).toBe(200)
  })

  test('that an administrator’s link gives a password does not share the account of the identity', async () => {
    const email = person('wilma')
    const invited = await invite(email)
    const wilma = browser()
    await wilma.joinAt(tokenOf(invited))
    const before = (await me(wilma)).id
    const link = await ines.in<{ sign_in_url: string }>('POST', `/users/${invited.body.id}/sign-in-link`)
    const admin = browser()
    const token = link.body.sign_in_url.split('/').at(-1)
    const password = 'chosen by somebody else 1'
    const used = await admin.call<{ user: { id: string } }>('POST', `/auth/sign-in-links/${token}/accept`, {
      password,
    })
    expect(used.status).toBe(200)
    expect(used.body.user.id).not.toBe(before)
    // The owner signs in at the provider and has the member back.
    const back = browser()
    await back.signInAt()
    expect((await me(back)).id).toBe(before)
    expect(await back.orgs()).toEqual(['fieldnote'])
    expect(await byPassword(email, password)).toBe(401)
  })
})

describe('an invite', () => {
  test('P7 is accepted by a provider, under the name that was typed; the invite is used up', async () => {
    const email = person('xenia')
    const invited = await invite(email)
    const token = tokenOf(invited)
    const xenia = browser()
    expect(await xenia.joinAt(token, { name: 'Xenia P.' })).toBe('/o/fieldnote')
    xenia.org = 'fieldnote'
    const { body } = await xenia.in<User>('GET', '/users/me')
    expect([body.id, body.display_name, body.status]).toEqual([invited.body.id, 'Xenia P.', 'active'])
    expect((await browser().call('GET', `/auth/invites/${token}`)).status).toBe(404)
    // Names are taken over once: a later sign-in changes nothing.
    person('xenia', { name: 'Another Name' })
    const later = browser()
    await later.signInAt()
    expect((await me(later)).display_name).toBe('Xenia P.')
  })

  test('is accepted by an identity with another address, which stays the identity’s', async () => {
    const invited = await invite('yara@example.com')
    person('private', { email: 'private@elsewhere.example' })
    const yara = browser()
    expect(await yara.joinAt(tokenOf(invited))).toBe('/o/fieldnote')
    expect((await identities(yara)).map(({ email }) => email)).toEqual(['private@elsewhere.example'])
    // The address of the invite is not proved by that: its owner takes the member over.
    const before = (await me(yara)).id
    person('yara')
    const owner = browser()
    expect(await owner.signInAt()).toBe('/')
    expect((await me(owner)).id).not.toBe(before)
    expect(await owner.orgs()).toEqual(['fieldnote'])
    await until(async () => (await yara.orgs()) === undefined)
  })

  test('under a name that somebody has is refused, and the invite stays', async () => {
    const email = person('quinn')
    const token = tokenOf(await invite(email))
    expect(await browser().joinAt(token, { name: 'Ines Carvalho' })).toBe(
      `/invite/${token}?sign_in=name_taken`,
    )
    expect(await browser().joinAt(token, { name: 'Quinn' })).toBe('/o/fieldnote')
  })

  test('by somebody who is a member already is refused, and the invite stays', async () => {
    person('ines')
    const token = tokenOf(await invite('second.of.ines@example.com'))
    expect(await browser().joinAt(token)).toBe(`/invite/${token}?sign_in=already_member`)
    expect((await browser().call('GET', `/auth/invites/${token}`)).status).toBe(200)
  })

  test('takes a password or a provider, not both, and no provider that is not there', async () => {
    const token = tokenOf(await invite('zoe@example.com'))
    const accept = (body: object) => browser().call('POST', `/auth/invites/${token}/accept`, body)
    expect((await accept({ provider: 'oidc', password: PASSWORD })).status).toBe(400)
    expect((await accept({ provider: 'google' })).status).toBe(400)
    expect((await accept({})).status).toBe(400)
  })
})

describe('identities of an account', () => {
  test('P8 are added, listed and removed; each opens the account', async () => {
    const anna = await join(ines, 'Anna Berg')
    const by = browser()
    for (const [name, value] of anna.cookies) by.cookies.set(name, value)
    const id = (await me(by)).id
    github.user = { id: 4711, login: 'annab', name: null, emails: [] }
    expect(await by.linkAt('github')).toBe('/orgs')
    provider.person = { sub: 'anna elsewhere', email: 'anna@elsewhere.example', email_verified: true }
    expect(await by.linkAt()).toBe('/orgs')
    const listed = await identities(by)
    expect(listed.map((one) => [one.provider, one.email])).toEqual([
      ['oidc', 'anna@elsewhere.example'],
      ['github', null],
    ])
    for (const one of ['oidc', 'github']) {
      const other = browser()
      expect(await other.signInAt(one)).toBe('/')
      expect((await me(other)).id).toBe(id)
    }
    expect((await by.call('DELETE', `/auth/identities/${listed[0]?.id}`)).status).toBe(204)
    expect(await browser().signInAt('oidc')).toBe('/login?sign_in=unknown')
    expect((await by.call('DELETE', `/auth/identities/${listed[0]?.id}`)).status).toBe(404)
    expect((await events('auth.identity_unlinked')).length).toBe(1)
  })

  test('the last one of an account without a password stays', async () => {
    person('bea')
    const bea = browser()
    await bea.joinAt(tokenOf(await invite('bea@example.com')))
    const [only] = await identities(bea)
    expect((await bea.call('DELETE', `/auth/identities/${only?.id}`)).status).toBe(409)
    expect(await browser().signInAt()).toBe('/')
  })

  test('one of somebody else is neither taken nor removed', async () => {
    person('cleo')
    const cleo = browser()
    await cleo.joinAt(tokenOf(await invite('cleo@example.com')))
    const [hers] = await identities(cleo)
    const by = browser()
    await by.signIn('ines@example.com', PASSWORD)
    expect(await by.linkAt()).toBe('/orgs?sign_in=other_account')
    expect((await by.call('DELETE', `/auth/identities/${hers?.id}`)).status).toBe(404)
    expect((await identities(cleo)).length).toBe(1)
  })

  test('is added only in the session that asked for it', async () => {
    const by = browser()
    await by.signIn('ines@example.com', PASSWORD)
    const begun = await by.call<{ continue_at: string }>('POST', '/auth/identities', { provider: 'oidc' })
    person('dora')
    const callback = await by.toCallbackOf(begun)
    await by.call('POST', '/auth/logout')
    await by.signIn('anna.berg@example.com', PASSWORD)
    expect(await by.finish(callback)).toBe('/?sign_in=signed_out')
    expect(await browser().signInAt()).toBe('/login?sign_in=unknown')
  })

  test('need a CSRF token to be added or removed', async () => {
    const by = browser()
    await by.signIn('ines@example.com', PASSWORD)
    const without = { 'X-CSRF-Token': 'wrong' }
    expect((await by.call('POST', '/auth/identities', { provider: 'oidc' }, without)).status).toBe(403)
    const [one] = await identities(by)
    expect((await by.call('DELETE', `/auth/identities/${one?.id}`, undefined, without)).status).toBe(403)
  })
})

describe('GitHub', () => {
  const verified = (email: string) => [
    { email: 'old@example.com', primary: false, verified: true },
    { email, primary: true, verified: true },
  ]

  test('identity is the numeric id: a renamed account stays, a reused name is another person', async () => {
    github.user = { id: 1001, login: 'finn', name: 'Finn', emails: verified('finn@example.com') }
    const finn = browser()
    await finn.joinAt(tokenOf(await invite('finn@example.com')), {}, 'github')
    github.user = { id: 1001, login: 'finn-renamed', name: 'Finn', emails: [] }
    const renamed = browser()
    expect(await renamed.signInAt('github')).toBe('/')
    expect((await me(renamed)).id).toBe((await me(finn)).id)
    github.user = { id: 1002, login: 'finn', name: 'Somebody', emails: [] }
    expect(await browser().signInAt('github')).toBe('/login?sign_in=unverified')
  })

  test('links by its verified primary address only', async () => {
    const primary = { email: 'ines@example.com', primary: true, verified: false }
    github.user = { id: 1003, login: 'mallory', name: null, emails: [primary] }
    expect(await browser().signInAt('github')).toBe('/login?sign_in=unverified')
    const secondary = { email: 'ines@example.com', primary: false, verified: true }
    github.user = { id: 1003, login: 'mallory', name: null, emails: [secondary] }
    expect(await browser().signInAt('github')).toBe('/login?sign_in=unverified')
    github.hides_emails = true
    github.user = { id: 1003, login: 'mallory', name: null, emails: verified('ines@example.com') }
    expect(await browser().signInAt('github')).toBe('/login?sign_in=unverified')
    github.hides_emails = false
    github.user = { id: 1004, login: 'ines', name: null, emails: verified('INES@example.com') }
    expect(await browser().signInAt('github')).toBe('/')
  })

  test('a code of another flow does not fit its PKCE verifier', async () => {
    const first = browser()
    const code = new URL(await first.toCallback('github')).searchParams.get('code') ?? ''
    const second = browser()
    const callback = new URL(await second.toCallback('github'))
    callback.searchParams.set('code', code)
    expect(await second.finish(callback.href)).toBe('/login?sign_in=refused')
  })
})

describe('the ways into an organization', () => {
  const allow = (...allowed_oidc_providers: string[]) =>
    ines.in('PATCH', '', { settings: { authentication: { allowed_oidc_providers } } })

  test('P9 are set by an administrator: other sessions do not enter, their streams end', async () => {
    const anna = await join(ines, 'Gala Ruiz')
    const stream = await open(anna)
    person('ines')
    const admin = browser()
    await admin.signInAt()
    admin.org = 'fieldnote'
    const only = { settings: { authentication: { allowed_oidc_providers: ['oidc'] } } }
    expect((await admin.in('PATCH', '', only)).status).toBe(200)
    await until(() => stream.ended)
    expect((await anna.in('GET', '/users/me')).status).toBe(404)
    expect((await anna.in('GET', '/events')).status).toBe(404)
    const listed = await anna.call<{ data: unknown[] }>('GET', '/api/v1/orgs')
    expect(listed.body.data).toEqual([])
    const signed_in = browser()
    await signed_in.call('POST', '/auth/password', { email: 'gala.ruiz@example.com', password: PASSWORD })
    expect(await signed_in.orgs()).toEqual([])
    // Keys are no matter of it, and an invite names the ways.
    const token = tokenOf(await inviteBy(admin, 'hana@example.com'))
    const shown = await browser().call<{ sign_in_methods: string[] }>('GET', `/auth/invites/${token}`)
    expect(shown.body.sign_in_methods).toEqual(['oidc'])
    const accept = (body: object) => browser().call('POST', `/auth/invites/${token}/accept`, body)
    expect((await accept({ password: PASSWORD })).status).toBe(403)
    expect((await accept({ provider: 'github' })).status).toBe(403)
    const all = ['github', 'google', 'oidc', 'password']
    const back = await admin.in('PATCH', '', {
      settings: { authentication: { allowed_oidc_providers: all } },
    })
    expect(back.status).toBe(200)
    expect((await anna.in('GET', '/users/me')).status).toBe(200)
  })

  test('cannot leave out the way of whoever sets them', async () => {
    const { status, body } = await allow('oidc', 'github')
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain('/settings/authentication/allowed_oidc_providers')
    expect((await allow('oidc', 'password')).status).toBe(200)
    github.user = { id: 1004, login: 'ines', name: null, emails: [] }
    const by = browser()
    await by.signInAt('github')
    expect(await by.orgs()).toEqual([])
    expect((await allow('github', 'google', 'oidc', 'password')).status).toBe(200)
    expect(await by.orgs()).toEqual(['fieldnote'])
  })

  test('guard the account that an invite link made: a way that is not admitted takes nothing over', async () => {
    const email = person('ida')
    await browser().call('POST', `/auth/invites/${tokenOf(await invite(email))}/accept`, {
      password: PASSWORD,
    })
    expect((await allow('password')).status).toBe(200)
    expect(await browser().signInAt()).toBe('/login?sign_in=unknown')
    expect(await byPassword(email)).toBe(200)
    expect((await allow('github', 'google', 'oidc', 'password')).status).toBe(200)
  })
})
