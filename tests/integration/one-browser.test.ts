import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { addAgent, generalChannel, join, type Message, PASSWORD, Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ines: Person
let ana: Person
let general: string

beforeAll(async () => {
  server = await startServer()
  ines = await setUp(server)
  ana = await join(ines, 'Ana Lima')
  general = (await generalChannel(ines)).id
})
afterAll(() => server?.stop())

const stored = async () =>
  (await ines.in<{ data: Message[] }>('GET', `/channels/${general}/messages`)).body.data.map(
    ({ content }) => content,
  )
const refusal = { status: 409, body: { error: { code: 'OTHER_USER', status: 409 } } }

describe('a page names its user, and another person has signed in in its browser', () => {
  const as = (user_id: string) => ({ 'X-MC-User': user_id })

  test('nothing that one wrote is stored as written by the other', async () => {
    const content = 'written by Ines'
    const path = `/channels/${general}/messages`
    expect(await ana.in('POST', path, { content }, as(ines.user_id))).toMatchObject(refusal)
    expect(await stored()).not.toContain(content)
    expect((await ana.in('POST', path, { content: 'by Ana' }, as(ana.user_id.toUpperCase()))).status).toBe(
      201,
    )
    expect((await ana.in('POST', path, { content: 'by a program' })).status).toBe(201)
  })

  test('nor is anything read for it, renewed or signed out', async () => {
    expect(await ana.in('GET', '/channels', undefined, as(ines.user_id))).toMatchObject(refusal)
    for (const [method, path] of [
      ['GET', '/auth/me'],
      ['POST', '/auth/refresh'],
      ['POST', '/auth/logout'],
    ] as const)
      expect(await ana.call(method, path, undefined, as(ines.user_id))).toMatchObject(refusal)
    expect((await ana.call('GET', '/auth/me', undefined, as('no id'))).status).toBe(409)
    expect((await ana.call('GET', '/auth/me')).status).toBe(200)
  })

  test('streams and sockets, which send no headers, name it in the query', async () => {
    for (const path of ['/events/stream', '/channels/ws']) {
      const headers = { Cookie: ana.cookieHeader, Origin: server.url }
      const answer = await fetch(`${server.url}/api/v1/orgs/fieldnote${path}?as_user=${ines.user_id}`, {
        headers,
      })
      expect({ status: answer.status, body: await answer.json() }).toMatchObject(refusal)
    }
  })

  test('keys belong to no browser', async () => {
    const bot = await addAgent(ines, 'forge')
    const post = { content: 'by an agent' }
    expect((await bot.in('POST', `/channels/${general}/messages`, post, as(ines.user_id))).status).toBe(201)
  })
})

describe('two servers on one host, whose cookies a browser shares', () => {
  let other: TestServer
  let ines_there: Person

  beforeAll(async () => {
    other = await startServer()
    ines_there = await setUp(other)
  })
  afterAll(() => other?.stop())

  test('do not sign each other out', async () => {
    const here = await new Person(server.url).signIn('ines@example.com', PASSWORD)
    const there = await new Person(other.url).signIn('ines@example.com', PASSWORD)
    expect(here.user_id).not.toBe(ines_there.user_id)
    const jar = new Map([...here.cookies, ...there.cookies])
    const me = async (url: string) => {
      const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
      const answer = await fetch(`${url}/auth/me`, { headers })
      return answer.status === 200 ? (await answer.json()).user.id : answer.status
    }
    expect([await me(server.url), await me(other.url)]).toEqual([here.user_id, there.user_id])

    // A page finds its CSRF token by the installation that every answer names.
    const id = (await fetch(`${server.url}/version`)).headers.get('x-mc-installation')
    const headers = {
      Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      'X-CSRF-Token': jar.get(`mc_csrf_${id}`) ?? '',
    }
    expect((await fetch(`${server.url}/auth/logout`, { method: 'POST', headers })).status).toBe(204)
    expect([await me(server.url), await me(other.url)]).toEqual([401, there.user_id])
  })
})
