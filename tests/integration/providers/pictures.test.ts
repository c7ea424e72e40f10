import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { ServerResponse } from 'node:http'
import type { User } from '../../../src/contracts/resources.ts'
import { addAgent, type Person, setUp } from '../../support/client.ts'
import { bytesOf, GIF, GIF_1X1, PNG, PNG_1X1 } from '../../support/images.ts'
import { Wanderer } from '../../support/openid/browser.ts'
import type { EvilProvider } from '../../support/openid/evil-provider.ts'
import { clientOfGitHub, type GitHubMock, startGitHub } from '../../support/openid/github-mock.ts'
import { listen } from '../../support/openid/http.ts'
import { databaseOf, type TestServer } from '../../support/server.ts'
import { SseJournal, until } from '../../support/streams.ts'
import { invite, startWorld, tokenOf, type World } from './world.ts'

let world: World
let server: TestServer
let provider: EvilProvider
let github: GitHubMock
let admin: Person

beforeAll(async () => {
  github = await startGitHub()
  world = await startWorld({ DEPLOYMENT_MODE: 'multi-tenant', ...clientOfGitHub(github) })
  ;({ server, provider } = world)
  admin = await setUp(server)
})
afterAll(async () => {
  await world.stop()
  await github.stop()
})
beforeEach(() => {
  provider.conduct = { pages: { '/me.gif': picture(GIF, 'text/html') } }
})

const picture = (bytes: Uint8Array, type: string) => (response: ServerResponse) =>
  response.writeHead(200, { 'Content-Type': type }).end(bytes)

/** Somebody at the provider, invited under the address there. */
async function person(name: string, picture_url: string): Promise<string> {
  const email = `${name}@example.com`
  provider.person = { sub: name, email, email_verified: true, name, picture: picture_url }
  return tokenOf(await invite(admin, email))
}

async function joined(name: string, picture_url = `${provider.issuer}/me.gif`): Promise<Wanderer> {
  const token = await person(name, picture_url)
  const by = new Wanderer(server.url)
  expect(await by.joinAt(token)).toBe('/o/fieldnote')
  by.org = 'fieldnote'
  return by
}

const profile = async (by: Person) => (await by.in<User>('GET', '/users/me')).body

/** The picture as it is served to another member. */
async function served(by: Person, headers: Record<string, string> = {}): Promise<Response> {
  const { avatar_url = '/no-picture' } = await profile(by)
  return await fetch(server.url + avatar_url, { headers: { Cookie: admin.cookieHeader, ...headers } })
}

const requestsOf = (path: string) => provider.requests.filter((one) => one.path === path).length
const refusals = () => server.log().split('was not taken over').length - 1

describe('P14 the picture of a provider', () => {
  test('is taken over at the first sign-in, and told to everybody', async () => {
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      Cookie: admin.cookieHeader,
    })
    const una = await joined('una')
    const { id } = await profile(una)
    const told = () =>
      stream.events.some(
        ({ type, payload }) =>
          type === 'user.updated' &&
          (payload as { user: User }).user.id === id &&
          (payload as { user: User }).user.avatar_url !== undefined,
      )
    await until(told)
    stream.close()
    const { avatar_url } = await profile(una)
    expect(avatar_url).toMatch(new RegExp(`^/api/v1/orgs/fieldnote/users/${id}/avatar\\?v=[0-9a-f]{16}$`))
    const listed = await admin.in<{ data: User[] }>('GET', '/users?q=una')
    expect(listed.body.data.map((user) => user.avatar_url)).toEqual([avatar_url])
  })

  test('is served by its bytes, as nothing that runs, to members only, and 304 to whoever has it', async () => {
    const una = await joined('uma')
    await until(async () => (await profile(una)).avatar_url !== undefined)
    const answer = await served(una)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/gif'])
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(GIF)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'; sandbox",
    )
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(answer.headers.get('cache-control')).toBe('private, max-age=86400')
    const etag = answer.headers.get('etag') ?? ''
    const again = await served(una, { 'If-None-Match': `"other", W/${etag}` })
    expect([again.status, await again.text()]).toEqual([304, ''])
    const { avatar_url = '' } = await profile(una)
    expect((await fetch(server.url + avatar_url)).status).toBe(401)
    const agent = await addAgent(admin, 'viewer')
    expect((await fetch(server.url + avatar_url, { headers: agent.headers })).status).toBe(200)
    // Whoever has none is like somebody who is not there.
    const none = await admin.in<{ error: object }>('GET', `/users/${agent.user.id}/avatar`)
    const nobody = await admin.in<{ error: object }>('GET', `/users/${crypto.randomUUID()}/avatar`)
    expect([none.status, none.body]).toEqual([404, nobody.body])
  })

  test('is taken over once: neither another one, nor after the person has removed it', async () => {
    const vera = await joined('vera')
    await until(async () => (await profile(vera)).avatar_url !== undefined)
    const { avatar_url } = await profile(vera)
    provider.conduct = { pages: { '/me.gif': picture(PNG, 'image/png') } }
    const asked = requestsOf('/me.gif')
    await vera.signInAt()
    expect((await profile(vera)).avatar_url).toBe(avatar_url)
    expect((await vera.call('DELETE', '/auth/picture')).status).toBe(204)
    await vera.signInAt()
    // Another person's is taken over after that: what this sign-in began has ended.
    const wim = await joined('wim')
    await until(async () => (await profile(wim)).avatar_url !== undefined)
    expect((await profile(vera)).avatar_url).toBeUndefined()
    expect(requestsOf('/me.gif')).toBe(asked + 1)
  })

  test('that does not answer holds up no sign-in, and the next one tries again', async () => {
    provider.conduct = { hangs: ['/me.gif'] }
    const xena = await joined('xena')
    await until(() => requestsOf('/me.gif') > 0)
    expect(await xena.orgs()).toEqual(['fieldnote'])
    expect((await profile(xena)).avatar_url).toBeUndefined()
    const before = refusals()
    await provider.stop()
    await until(() => refusals() > before)
    await provider.start()
    provider.conduct = { pages: { '/me.gif': picture(GIF, 'image/gif') } }
    await xena.signInAt()
    await until(async () => (await profile(xena)).avatar_url !== undefined)
  })

  test('of GitHub is taken over too', async () => {
    github.user = {
      id: 77,
      login: 'yan',
      name: 'Yan',
      avatar_url: `${github.url}/no-such-picture`,
      emails: [{ email: 'ines@example.com', primary: true, verified: true }],
    }
    const before = refusals()
    const by = new Wanderer(server.url)
    await by.signInAt('github')
    await until(() => refusals() > before)
  })
})

describe('what is no picture of a provider', () => {
  /** Signs somebody in whose picture is refused. */
  async function refused(name: string, address: string): Promise<void> {
    const before = refusals()
    const by = await joined(name, address)
    await until(() => refusals() > before)
    expect((await profile(by)).avatar_url).toBeUndefined()
  }

  test('a drawing with a script, a page, a flood and nothing at all are left aside', async () => {
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    provider.conduct = {
      pages: {
        '/svg': picture(svg, 'image/png'),
        '/flood': picture(new Uint8Array(2 ** 20), 'image/png'),
        '/empty': picture(new Uint8Array(), 'image/png'),
      },
    }
    await refused('sven', `${provider.issuer}/svg`)
    await refused('flora', `${provider.issuer}/flood`)
    await refused('emil', `${provider.issuer}/empty`)
    await refused('gone', `${provider.issuer}/no-such-page`)
  })

  test('an address inside of the network is never asked, by a redirect neither', async () => {
    let asked = 0
    const inside = await listen((_, response) => {
      asked++
      response.writeHead(200).end(GIF)
    })
    provider.conduct = {
      pages: { '/led': (response) => response.writeHead(302, { Location: `${inside.url}/secret` }).end() },
    }
    await refused('ida', `${inside.url}/latest/meta-data`)
    await refused('ivo', `${inside.url.replace('localhost', '127.0.0.1')}/`)
    await refused('ira', 'https://localhost/')
    await refused('ilse', `${provider.issuer}/led`)
    await inside.stop()
    expect(asked).toBe(0)
  })
})

describe('the own picture', () => {
  test('is set, replaced and removed; every organization of the person shows it', async () => {
    await admin.call('POST', '/api/v1/orgs', { name: 'Second', slug: 'second' })
    expect((await admin.call('PUT', '/auth/picture', { image: GIF_1X1 })).status).toBe(204)
    const in_second = async () => (await admin.call<User>('GET', '/api/v1/orgs/second/users/me')).body
    const first = (await profile(admin)).avatar_url
    expect(first).toContain('/fieldnote/')
    expect((await in_second()).avatar_url).toContain('/second/')
    expect((await admin.call('PUT', '/auth/picture', { image: PNG_1X1 })).status).toBe(204)
    expect((await profile(admin)).avatar_url).not.toBe(first)
    const answer = await served(admin)
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytesOf(PNG_1X1))
    expect((await admin.call('DELETE', '/auth/picture')).status).toBe(204)
    expect((await profile(admin)).avatar_url).toBeUndefined()
    expect((await in_second()).avatar_url).toBeUndefined()
  })

  test('is a picture, and nothing of an agent', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')
    for (const image of [svg, 'AAAA', 'R0lGODlh'])
      expect((await admin.call('PUT', '/auth/picture', { image })).status).toBe(415)
    for (const image of ['', '<>', 'data:image/gif;base64,R0lG', 'x'.repeat(200_000), null, 7])
      expect((await admin.call('PUT', '/auth/picture', { image })).status).toBe(400)
    const agent = await addAgent(admin, 'painter')
    const headers = { ...agent.headers, 'Content-Type': 'application/json' }
    const body = JSON.stringify({ image: GIF_1X1 })
    expect((await fetch(`${server.url}/auth/picture`, { method: 'PUT', headers, body })).status).toBe(401)
  })

  test('goes with the account', async () => {
    const owner = new Wanderer(server.url)
    provider.person = {
      sub: 'solo',
      email: 'solo@example.com',
      email_verified: true,
      picture: `${provider.issuer}/me.gif`,
    }
    await owner.signInAt()
    await owner.call('POST', '/api/v1/orgs', { name: 'Solo', slug: 'solo' })
    const { body } = await owner.call<{ user: { id: string } }>('GET', '/auth/me')
    const sql = databaseOf(server)
    const rows = () => sql`select 1 from account_pictures where account_id = ${body.user.id}`
    await until(async () => (await rows()).length === 1)
    await owner.call('DELETE', '/api/v1/orgs/solo', { confirm: 'solo' })
    await sql`update organizations set deletion_at = now() where slug = 'solo'`
    const [org] = await sql<{ id: string }[]>`select id from organizations where slug = 'solo'`
    await sql.begin(async (tx) => {
      await tx`select set_config('app.current_org_id', ${org?.id ?? ''}, true)`
      await tx`select delete_org_step(${org?.id ?? ''}, 10000)`
    })
    expect((await rows()).length).toBe(0)
    await sql.end()
  })
})
