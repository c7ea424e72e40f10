import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Org, User } from '../../src/contracts/resources.ts'
import { PASSWORD, Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

type Invited = User & { invite_url: string }

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

async function another(slug: string): Promise<Person> {
  expect((await admin.call('POST', '/api/v1/orgs', { name: slug, slug })).status).toBe(201)
  return Object.assign(Object.create(Object.getPrototypeOf(admin)) as Person, admin, { org: slug })
}

const invite = (who: Person, email: string) =>
  who.in<Invited>('POST', '/users', {
    type: 'human',
    email,
    display_name: `Una of ${email}`,
    role: 'contributor',
  })

const accept = (invited: { body: Invited }, password = PASSWORD) => {
  const token = invited.body.invite_url.split('/').at(-1)
  return new Person(server.url).call<{ user: { id: string }; memberships: unknown[] }>(
    'POST',
    `/auth/invites/${token}/accept`,
    { password },
  )
}

describe('an invitation', () => {
  test('by several organizations at once makes one identity with a membership in each', async () => {
    const orgs = [admin, await another('second'), await another('third')]
    for (let round = 0; round < 10; round++) {
      const made = await Promise.all(
        // Whatever the letters: it is one address.
        orgs.map((org, i) => invite(org, i === 1 ? `Una${round}@Example.com` : `una${round}@example.com`)),
      )
      expect(made.map(({ status }) => status)).toEqual([201, 201, 201])
      expect(new Set(made.map(({ body }) => body.id)).size).toBe(1)
    }
  })

  test('by two administrators of one organization at once makes one member, and the last link works', async () => {
    for (let round = 0; round < 10; round++) {
      const made = await Promise.all([1, 2].map(() => invite(admin, `twice${round}@example.com`)))
      expect(made.map(({ status }) => status)).toEqual([201, 201])
      expect(new Set(made.map(({ body }) => body.id)).size).toBe(1)
    }
    const pair = await Promise.all([1, 2].map(() => invite(admin, 'last@example.com')))
    const joined: number[] = []
    for (const made of pair) joined.push((await accept(made)).status)
    expect(joined.toSorted()).toEqual([200, 404])
  })

  test('again gives a new link, ends the former one and changes nothing else', async () => {
    const first = await invite(admin, 'again@example.com')
    const second = await invite(admin, 'Again@example.com')
    expect(second.status).toBe(201)
    expect(second.body.invite_url).not.toBe(first.body.invite_url)
    expect({ ...second.body, invite_url: '' }).toEqual({ ...first.body, invite_url: '' })
    expect((await accept(first)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
    const other_role = {
      type: 'human',
      email: 'again@example.com',
      display_name: 'Una',
      role: 'administrator',
    }
    const refused = await admin.in('POST', '/users', other_role)
    expect(refused.body).toMatchObject({ error: { code: 'ALREADY_MEMBER' } })
    expect((await accept(second)).status).toBe(200)
    expect((await invite(admin, 'again@example.com')).body).toMatchObject({
      error: { code: 'ALREADY_MEMBER' },
    })
  })

  test('works once, and not after its member was removed', async () => {
    const used = await invite(admin, 'once@example.com')
    expect((await accept(used)).status).toBe(200)
    expect((await accept(used)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
    const withdrawn = await invite(admin, 'withdrawn@example.com')
    expect((await admin.in('DELETE', `/users/${withdrawn.body.id}`)).status).toBe(204)
    expect((await accept(withdrawn)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
  })

  test('after a week is worth nothing', async () => {
    const late = await invite(admin, 'late@example.com')
    const sql = databaseOf(server)
    await sql`update invites set expires_at = now() where email = 'late@example.com'`
    await sql.end()
    expect((await accept(late)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
  })

  test('lets nobody into a read-only organization, and leaves the account as it was', async () => {
    const org = await another('quiet')
    const waiting = await invite(org, 'waiting@example.com')
    for (const [stop, go] of [
      [() => org.in('POST', '/suspend'), () => org.in('POST', '/resume')],
      [() => org.in('DELETE', '', { confirm: 'quiet' }), () => org.in('POST', '/restore')],
    ] as const) {
      await stop()
      expect((await accept(waiting)).body).toMatchObject({ error: { code: 'ORG_READ_ONLY' } })
      expect((await org.in<User>('GET', `/users/${waiting.body.id}`)).body.status).toBe('invited')
      await go()
    }
    const sign_in = await new Person(server.url).call('POST', '/auth/password', {
      email: 'waiting@example.com',
      password: PASSWORD,
    })
    expect(sign_in.status).toBe(401)
    expect((await accept(waiting)).status).toBe(200)
  })

  test('brings back a person whose only organization was deleted', async () => {
    const org = await another('short-lived')
    const first = await invite(org, 'back@example.com')
    await accept(first)
    const { id } = (await org.in<Org>('GET', '')).body
    await org.in('DELETE', '', { confirm: 'short-lived' })
    const sql = databaseOf(server)
    await sql`update organizations set deletion_at = now() where id = ${id}`
    await sql.end()
    await server.restart()
    await until(async () => (await org.in('GET', '')).status === 404, 'the deletion')
    const sign_in = () =>
      new Person(server.url).call('POST', '/auth/password', { email: 'back@example.com', password: PASSWORD })
    expect((await sign_in()).status).toBe(401)
    const again = await invite(admin, 'back@example.com')
    expect([again.status, again.body.id]).toEqual([201, first.body.id])
    expect((await accept(again, 'not that password')).body).toMatchObject({
      error: { code: 'INVALID_CREDENTIALS' },
    })
    expect((await accept(again)).body.user.id).toBe(first.body.id)
    expect((await sign_in()).status).toBe(200)
  })
})
