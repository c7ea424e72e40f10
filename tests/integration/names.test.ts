import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Channel, Message, Project, User } from '../../src/contracts/resources.ts'
import { addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'

/** Names and usernames over the API; the rules themselves have tests of their own. */

interface Refused {
  error: { code: string; details?: { path: string }[] }
}

let server: TestServer
let admin: Person
let eve: Person

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant', MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
  eve = await join(admin, 'Eve Adams')
})
afterAll(() => server.stop())

const refusal = async (answer: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await answer
  return `${status} ${(body as Refused).error?.code ?? ''}`
}
const invite = (display_name: string, email = `${crypto.randomUUID()}@example.com`) =>
  admin.in<User>('POST', '/users', { type: 'human', email, display_name, role: 'contributor' })

test('N1 a name is stored in NFC with single spaces', async () => {
  const made = await admin.in<Channel>('POST', '/channels', { name: 'Cafe\u0301  menu' })
  expect(made.body.name).toBe('Caf\u00e9 menu')
})

test('N9 a title is one line that shows something; a label of a link, too', async () => {
  const task = (title: string) => admin.in<{ title: string }>('POST', '/tasks', { title })
  const link = (label: string) =>
    admin.in<Project>('POST', '/projects', {
      name: `Quay ${crypto.randomUUID()}`,
      type: 'docs',
      links: [{ label, url: 'https://example.com' }],
    })
  for (const make of [task, link]) {
    for (const text of [
      '',
      '  ',
      '\u200b',
      '\u2800',
      '\u3164',
      '\u202e\u202c',
      'a\u0301\u0301\u0301\u0301\u0301',
    ])
      expect(await refusal(make(text))).toBe('400 VALIDATION_FAILED')
    for (const text of ['a\nb', 'a\tb', ' a\u2028b ', 'a \u00a0\r\n b']) {
      const { status, body } = await make(text)
      expect([status, 'title' in body ? body.title : body.links[0]?.label]).toEqual([201, 'a b'])
    }
  }
  const title = '\u05d0\u05d1\u200f (v2) \u{1f469}\u200d\u{1f4bb}'
  const made = (await task(title)).body as { title: string; id: string }
  expect(made.title).toBe(title)
  expect(await refusal(admin.in('PATCH', `/tasks/${made.id}`, { title: '\u200b' }))).toBe(
    '400 VALIDATION_FAILED',
  )
})

describe('N2 a name that shows nothing or something else is refused everywhere', () => {
  const routes: [string, (name: string) => Promise<{ status: number; body: unknown }>][] = [
    ['own name', (name) => eve.in('PATCH', '/users/me', { display_name: name })],
    ['invited person', (name) => invite(name)],
    [
      'agent',
      (name) =>
        admin.in('POST', '/users', {
          type: 'agent',
          identifier: 'x1',
          display_name: name,
          role: 'contributor',
        }),
    ],
    [
      'identifier',
      (name) =>
        admin.in('POST', '/users', {
          type: 'agent',
          identifier: name,
          display_name: 'X1',
          role: 'contributor',
        }),
    ],
    ['channel', (name) => admin.in('POST', '/channels', { name })],
    ['project', (name) => admin.in('POST', '/projects', { name, type: 'docs' })],
    ['org', (name) => admin.in('PATCH', '', { name })],
    ['new org', (name) => admin.call('POST', '/api/v1/orgs', { name, slug: 'second' })],
  ]

  test.each(routes)('%s', async (_, send) => {
    for (const name of ['\u200b', '\u2800', 'Eve\nAdams', 'Eve \u202ekcab', 'Eve\u{e0041}']) {
      const { status, body } = await send(name)
      expect([JSON.stringify(name), status, (body as Refused).error?.code]).toEqual([
        JSON.stringify(name),
        400,
        'VALIDATION_FAILED',
      ])
    }
  })
})

describe('N3 a name that is taken for another is refused', () => {
  test('members', async () => {
    for (const display_name of ['Ines Carvalho', 'INES CARVALHO', '\u0406nes Carvalho', 'Mission Control'])
      expect([display_name, await refusal(eve.in('PATCH', '/users/me', { display_name }))]).toEqual([
        display_name,
        '409 NAME_TAKEN',
      ])
    expect(await refusal(invite('ines carvalho'))).toBe('409 NAME_TAKEN')
    expect((await eve.in('PATCH', '/users/me', { display_name: 'EVE Adams' })).status).toBe(200)
    expect((await eve.in('PATCH', '/users/me', { display_name: 'Eve Adams' })).status).toBe(200)
  })

  test('whoever joins by an invite', async () => {
    const { body } = await admin.in<{ invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'lena@example.com',
      display_name: 'Lena Ox',
      role: 'contributor',
    })
    const accept = (name: string) =>
      eve.call('POST', `/auth/invites/${body.invite_url.split('/').at(-1)}/accept`, {
        name,
        password: 'a quiet harbour 42',
      })
    expect(await refusal(accept('\u0406nes Carvalho'))).toBe('409 NAME_TAKEN')
  })

  test('channels and projects', async () => {
    for (const name of ['general', 'General', 'gener\u0430l', 'System']) {
      expect(await refusal(admin.in('POST', '/channels', { name }))).toBe('409 NAME_TAKEN')
      expect(await refusal(admin.in('POST', '/projects', { name, type: 'docs' }))).toBe('409 NAME_TAKEN')
    }
    const product = { name: 'Mission Control', type: 'software' }
    expect((await admin.in('POST', '/projects', product)).status).toBe(201)
    for (const name of [product.name, 'MISSION CONTROL'])
      expect(await refusal(admin.in('POST', '/projects', { ...product, name }))).toBe('409 NAME_TAKEN')
    expect(await refusal(admin.in('POST', '/channels', { name: product.name }))).toBe('409 NAME_TAKEN')
    const { body } = await admin.in<Project>('POST', '/projects', { name: 'Harbour', type: 'docs' })
    const rename = (name: string) => admin.in('PATCH', `/projects/${body.id}`, { name })
    expect(await refusal(rename('GENERAL'))).toBe('409 NAME_TAKEN')
    expect((await rename('HARBOUR')).status).toBe(200)
  })

  test('the server’s own, for orgs', async () => {
    expect(await refusal(admin.in('PATCH', '', { name: 'Mission Control' }))).toBe('409 NAME_TAKEN')
    const made = admin.call('POST', '/api/v1/orgs', { name: 'mission control', slug: 'second' })
    expect(await refusal(made)).toBe('409 NAME_TAKEN')
  })
})

test('N4 of two that take one name at the same time, one gets it', async () => {
  const statuses = async (answers: Promise<{ status: number }>[]) =>
    (await Promise.all(answers)).map(({ status }) => status).toSorted()
  const channels = ['Rust', 'RUST', 'rust'].map((name) => admin.in('POST', '/channels', { name }))
  expect(await statuses(channels)).toEqual([201, 409, 409])
  const people = ['Max Orlov', 'm\u0430x orlov', 'MAX ORLOV'].map((name) => invite(name))
  expect(await statuses(people)).toEqual([201, 409, 409])
  const max = await join(admin, 'Una Dale')
  const usernames = [eve, max].map((who) => who.in('PATCH', '/users/me', { username: 'captain' }))
  expect(await statuses(usernames)).toEqual([200, 409])
})

test('N5 people of every script have a username that one can guess', async () => {
  const of = async (name: string) => (await invite(name)).body.username
  expect(await of('Иван Петров')).toBe('ivan-petrov')
  expect(await of('王小明')).toBe('wangxiaoming')
  expect(await of('Łukasz Øre')).toBe('lukasz-ore')
  expect((await invite('!!!', 'w.chen@example.com')).body.username).toBe('w.chen')
  for (const username of ['two words', 'аda', '-x', '\u200b', ''])
    expect((await eve.in('PATCH', '/users/me', { username })).status).toBe(400)
})

test('N6 a changed username leads to its member, as the former one does', async () => {
  const mina = await join(admin, 'Mina Sato')
  const agent = await addAgent(admin, 'echo')
  const general = await generalChannel(admin)
  const mentions = async (content: string) =>
    (await admin.in<Message>('POST', `/channels/${general.id}/messages`, { content })).body.mentions

  const changed = await mina.in<User>('PATCH', '/users/me', { username: 'Мина' })
  expect(changed.body).toMatchObject({ username: 'мина', former_usernames: [{ username: 'mina-sato' }] })
  expect(await mentions('@mina-sato please')).toEqual([mina.user_id])
  expect(await refusal(eve.in('PATCH', '/users/me', { username: 'mina-sato' }))).toBe('409 NAME_TAKEN')
  expect((await agent.in('PATCH', `/users/${mina.user_id}`, { username: 'x' })).status).toBe(403)
  expect((await admin.in('PATCH', `/users/${agent.user.id}`, { username: 'echo-2' })).status).toBe(200)

  await server.restart()
  expect(await mentions('@mina-sato and @echo')).toEqual([mina.user_id, agent.user.id])
  const found = await admin.in<{ data: User[] }>('GET', '/users?q=mina-sato')
  expect(found.body.data.map(({ id }) => id)).toEqual([mina.user_id])

  const superuser = databaseOf(server)
  await superuser`update memberships set former_usernames = jsonb_set(former_usernames, '{0,found_until}', '"2026-01-01T00:00:00.000Z"')
    where user_id = ${mina.user_id}`
  await superuser.end()
  await server.restart()
  expect((await admin.in<User>('GET', `/users/${mina.user_id}`)).body.former_usernames).toBeUndefined()
  expect(await mentions('@mina-sato')).toEqual([])
  expect((await eve.in('PATCH', '/users/me', { username: 'mina-sato' })).status).toBe(200)
})
