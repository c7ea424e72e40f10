import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { setUp } from '../../support/client.ts'
import { Wanderer } from '../../support/openid/browser.ts'
import type { Conduct, EvilProvider } from '../../support/openid/evil-provider.ts'
import { CLIENT } from '../../support/openid/real-provider.ts'
import type { TestServer } from '../../support/server.ts'
import { startWorld, type World } from './world.ts'

const INES = { sub: 'ines', email: 'ines@example.com', email_verified: true, name: 'Ines' }
const DISCOVERY = '/.well-known/openid-configuration'

let world: World
let server: TestServer
let provider: EvilProvider

beforeAll(async () => {
  world = await startWorld()
  ;({ server, provider } = world)
  await setUp(server)
})
afterAll(() => world.stop())
beforeEach(() => {
  provider.conduct = {}
  provider.person = INES
})

const browser = () => new Wanderer(server.url)

/** Where a sign-in ends, and whether anybody is signed in then. */
async function outcome(conduct: Conduct, by = browser()): Promise<[string, string[] | undefined]> {
  provider.conduct = conduct
  return [await by.signInAt(), await by.orgs()]
}

const seconds = (from_now: number) => Math.floor(Date.now() / 1000) + from_now

/** Lets the server read the description of the provider anew. */
async function forgetDiscovery(): Promise<void> {
  provider.conduct = {}
  await server.restart()
}

describe('P3 an ID token', () => {
  test('that is right signs in', async () => {
    expect(await outcome({})).toEqual(['/', ['fieldnote']])
  })

  const forged: [string, Conduct][] = [
    ['without a signature', { token: 'none' }],
    ['signed with HMAC under the public key', { token: 'hmac_with_public_key' }],
    ['signed by a key that the provider does not publish', { token: 'foreign_key' }],
    ['whose signature is cut', { token: 'cut' }],
    ['of another issuer', { claims: (claims) => ({ ...claims, iss: 'https://accounts.example.com' }) }],
    ['for another client', { claims: (claims) => ({ ...claims, aud: 'somebody-else' }) }],
    [
      'for several clients, issued to another one',
      { claims: (claims) => ({ ...claims, aud: [CLIENT.id, 'other'], azp: 'other' }) },
    ],
    [
      'for several clients that names none',
      { claims: (claims) => ({ ...claims, aud: [CLIENT.id, 'other'] }) },
    ],
    ['with another nonce', { claims: (claims) => ({ ...claims, nonce: 'of-another-flow' }) }],
    ['without a nonce', { claims: ({ nonce: _, ...claims }) => claims }],
    ['without a subject', { claims: ({ sub: _, ...claims }) => claims }],
    ['with an empty subject', { claims: (claims) => ({ ...claims, sub: '' }) }],
    ['with a NUL in its subject', { claims: (claims) => ({ ...claims, sub: 'ines\0' }) }],
    [
      'with half of a surrogate pair in its subject',
      { claims: (claims) => ({ ...claims, sub: 'ines\ud800' }) },
    ],
    ['without an end', { claims: ({ exp: _, ...claims }) => claims }],
    ['that has expired', { claims: (claims) => ({ ...claims, iat: seconds(-900), exp: seconds(-600) }) }],
    ['that expired more than two minutes ago', { claims: (claims) => ({ ...claims, exp: seconds(-200) }) }],
    ['of the future', { claims: (claims) => ({ ...claims, iat: seconds(600), exp: seconds(900) }) }],
    ['that is not valid yet', { claims: (claims) => ({ ...claims, nbf: seconds(600) }) }],
  ]
  for (const [about, conduct] of forged)
    test(`${about} is refused`, async () => {
      expect(await outcome(conduct)).toEqual(['/login?sign_in=refused', undefined])
    })

  test('by a clock that is two minutes off is taken', async () => {
    const late = { iat: seconds(-420), exp: seconds(-120) }
    expect((await outcome({ claims: (claims) => ({ ...claims, ...late }) }))[0]).toBe('/')
    const early = { iat: seconds(120), nbf: seconds(120), exp: seconds(420) }
    expect((await outcome({ claims: (claims) => ({ ...claims, ...early }) }))[0]).toBe('/')
  })

  test('signed with a key that was rotated in since is taken, without a restart', async () => {
    expect((await outcome({}))[0]).toBe('/')
    await provider.rotate()
    expect((await outcome({}))[0]).toBe('/')
  })

  test('that says "verified" without an address proves none that stands beside it', async () => {
    // An account of this address is there already: that of the administrator.
    provider.person = { sub: 'mallory', email: INES.email, email_verified: false, name: 'Mallory' }
    const claims: Conduct['claims'] = (said) => ({ ...said, email_verified: true })
    expect(await outcome({ bare_token: true, claims })).toEqual(['/login?sign_in=unverified', undefined])
  })

  test('may leave the address to the userinfo endpoint, which must speak of the same person', async () => {
    expect((await outcome({ bare_token: true }))[0]).toBe('/')
    const other = await outcome({ bare_token: true, userinfo_sub: 'somebody' })
    expect(other).toEqual(['/login?sign_in=refused', undefined])
  })
})

describe('P2 an answer', () => {
  test('with the state of another browser is refused (login CSRF)', async () => {
    const attacker = browser()
    const callback = await attacker.toCallback()
    const victim = browser()
    await victim.toCallback()
    expect(await victim.finish(callback)).toBe('/login?sign_in=stale')
    expect(await victim.orgs()).toBeUndefined()
  })

  test('in a browser that asked for nothing is refused', async () => {
    const callback = await browser().toCallback()
    expect(await browser().finish(callback)).toBe('/login?sign_in=stale')
  })

  test('without a state, or with a changed one, is refused', async () => {
    for (const state of [null, '', 'x'.repeat(43)]) {
      const by = browser()
      const callback = new URL(await by.toCallback())
      if (state === null) callback.searchParams.delete('state')
      else callback.searchParams.set('state', state)
      expect(await by.finish(callback.href)).toBe('/login?sign_in=stale')
      expect(await by.orgs()).toBeUndefined()
    }
  })

  test('works once, also when the provider takes its code again and the browser keeps its cookie', async () => {
    provider.conduct = { reusable_codes: true }
    const by = browser()
    const callback = await by.toCallback()
    const kept = new Map(by.cookies)
    expect(await by.finish(callback)).toBe('/')
    const again = browser()
    for (const [name, value] of kept) again.cookies.set(name, value)
    expect(await again.finish(callback)).toBe('/login?sign_in=stale')
    expect(await again.orgs()).toBeUndefined()
  })

  test('with a used code is refused', async () => {
    const first = browser()
    const code = new URL(await first.toCallback()).searchParams.get('code') ?? ''
    const second = browser()
    const callback = new URL(await second.toCallback())
    callback.searchParams.set('code', code)
    // The code belongs to the first flow: its nonce is another one.
    expect(await second.finish(callback.href)).toBe('/login?sign_in=refused')
    expect(await second.orgs()).toBeUndefined()
  })

  test('with a changed cookie is refused', async () => {
    const by = browser()
    const callback = await by.toCallback()
    for (const [name, value] of by.cookies)
      if (name.startsWith('mc_flow_')) by.cookies.set(name, `${value.slice(0, -4)}AAAA`)
    expect(await by.finish(callback)).toBe('/login?sign_in=stale')
  })

  test('of another provider is refused (mix-up)', async () => {
    const by = browser()
    const callback = await by.toCallback()
    expect(await by.finish(callback.replace('/callback/oidc', '/callback/google'))).toBe(
      '/login?sign_in=stale',
    )
    const foreign = await outcome({ answer: (back) => back.searchParams.set('iss', 'https://other.example') })
    expect(foreign).toEqual(['/login?sign_in=refused', undefined])
  })

  test('without an issuer is refused when the provider says that it names itself (RFC 9207)', async () => {
    await forgetDiscovery()
    const named = { authorization_response_iss_parameter_supported: true }
    const conduct: Conduct = { discovery: (metadata) => ({ ...metadata, ...named }) }
    expect(await outcome(conduct)).toEqual(['/login?sign_in=refused', undefined])
    const right: Conduct = { ...conduct, answer: (back) => back.searchParams.set('iss', provider.issuer) }
    expect((await outcome(right))[0]).toBe('/')
    await forgetDiscovery()
  })

  test('with an error leads to the sign-in page, which names it by our words only', async () => {
    const denied = await outcome({
      answer: (back) => {
        back.searchParams.delete('code')
        back.searchParams.set('error', 'access_denied')
        back.searchParams.set('error_description', '<script>alert(1)</script>')
      },
    })
    expect(denied).toEqual(['/login?sign_in=cancelled', undefined])
  })
})

describe('P11 a provider', () => {
  test('whose description names another issuer or unusable endpoints is not used', async () => {
    for (const wrong of [
      { issuer: 'https://accounts.example.com' },
      { token_endpoint: 'file:///etc/passwd' },
    ]) {
      await forgetDiscovery()
      provider.conduct = { discovery: (metadata) => ({ ...metadata, ...wrong }) }
      expect(await browser().follow('/auth/login?provider=oidc')).toEndWith('/login?sign_in=unavailable')
    }
  })

  test('that never answers is given up, at every step', async () => {
    await forgetDiscovery()
    provider.conduct = { hangs: [DISCOVERY] }
    expect(await browser().follow('/auth/login?provider=oidc')).toEndWith('/login?sign_in=unavailable')
    expect(await outcome({ hangs: ['/token'] })).toEqual(['/login?sign_in=unavailable', undefined])
    await provider.rotate()
    expect(await outcome({ hangs: ['/keys'] })).toEqual(['/login?sign_in=unavailable', undefined])
    const bare = await outcome({ bare_token: true, hangs: ['/userinfo'] })
    expect(bare).toEqual(['/login?sign_in=unavailable', undefined])
    expect((await outcome({}))[0]).toBe('/')
  })

  test('that breaks off, answers nonsense or without end is given up', async () => {
    for (const conduct of [
      { breaks: ['/token'] },
      { token_answer: { status: 500, body: 'oops' } },
      { token_answer: { status: 200, body: ['no', 'object'] } },
      { floods: { path: '/token', bytes: 2_000_000 } },
    ])
      expect(await outcome(conduct)).toEqual(['/login?sign_in=unavailable', undefined])
    for (const body of [{}, { id_token: 7 }, { id_token: '..' }])
      expect(await outcome({ token_answer: { status: 200, body } })).toEqual([
        '/login?sign_in=refused',
        undefined,
      ])
  })

  test('that is dead leaves the password, and works again when it is back', async () => {
    await forgetDiscovery()
    await provider.stop()
    expect(await browser().follow('/auth/login?provider=oidc')).toEndWith('/login?sign_in=unavailable')
    const person = await browser().signIn('ines@example.com', 'a quiet harbour 42')
    expect(person.org).toBe('fieldnote')
    await provider.start()
    expect((await outcome({}))[0]).toBe('/')
  })
})

describe('P10 return_to', () => {
  test('leads to a path of this server', async () => {
    expect(await browser().signInAt('oidc', '/o/fieldnote/tasks?status=backlog#top')).toBe(
      '/o/fieldnote/tasks?status=backlog#top',
    )
  })

  for (const elsewhere of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example/',
    '/.//evil.example',
    '/x/..//evil.example',
    'javascript:alert(1)',
    'evil.example',
    '/a\r\nSet-Cookie: a=b',
  ])
    test(`${JSON.stringify(elsewhere)} is refused`, async () => {
      const address = `/auth/login?provider=oidc&return_to=${encodeURIComponent(elsewhere)}`
      const { status, to } = await browser().hop(address)
      expect([status, to]).toEqual([400, undefined])
    })
})

test('no secret of a flow is in the log of the server', async () => {
  const by = browser()
  const callback = new URL(await by.toCallback())
  const secrets = [CLIENT.secret, callback.searchParams.get('code'), callback.searchParams.get('state')]
  await by.finish(callback.href)
  await outcome({ token: 'none' })
  for (const secret of secrets) expect(server.log()).not.toContain(secret ?? 'missing')
})
