import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { User } from '../../src/contracts/resources.ts'
import { PASSWORD, Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

type Invited = User & { invite_url: string }
interface SignedIn {
  user: { id: string; display_name: string; email: string }
  memberships: { org: { slug: string }; user_id: string; display_name: string; role: string }[]
}
interface Event {
  type: string
  actor: { id: string; display_name: string }
  payload: { user_id?: string; count?: number }
}

const OTHER_PASSWORD = 'the harbour of others 7'

let server: TestServer
/** Administrator of `fieldnote`. */
let ines: Person
/** A stranger to her, administrator of `bait`. */
let mallory: Person

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  ines = await setUp(server)
  const stranger = new Person(server.url)
  await accept(await invite(ines, 'mallory@example.com', 'Mallory'), PASSWORD, stranger)
  mallory = await found(stranger, 'bait')
})
afterAll(() => server.stop())

/** The person in an org that it makes, in the session that it has. */
async function found(person: Person, slug: string): Promise<Person> {
  expect((await person.call('POST', '/api/v1/orgs', { name: slug, slug })).status).toBe(201)
  return within(person, slug)
}

function within(person: Person, slug: string): Person {
  return Object.assign(new Person(server.url), {
    cookies: person.cookies,
    org: slug,
    user_id: person.user_id,
  })
}

function invite(who: Person, email: string, display_name = `Una of ${email}`, role = 'contributor') {
  return who.in<Invited>('POST', '/users', { type: 'human', email, display_name, role })
}

const tokenOf = ({ body }: { body: Invited }) => body.invite_url.split('/').at(-1)

function accept(invited: { body: Invited }, password = PASSWORD, by = new Person(server.url)) {
  return by.call<SignedIn>('POST', `/auth/invites/${tokenOf(invited)}/accept`, { password })
}

function signIn(email: string, password: string, by = new Person(server.url)) {
  return by.call<SignedIn>('POST', '/auth/password', { email, password })
}

const slugs = ({ body }: { body: SignedIn }) => body.memberships.map(({ org }) => org.slug)

describe('an address that a stranger invited first', () => {
  test('U2 gives its owner an account of their own; the first password and its sessions enter only the first org', async () => {
    const taken = new Person(server.url)
    expect((await accept(await invite(mallory, 'victim@example.com'), OTHER_PASSWORD, taken)).status).toBe(
      200,
    )
    const real = await invite(ines, 'victim@example.com', 'Vic', 'administrator')
    const victim = new Person(server.url)
    const joined = await accept(real, PASSWORD, victim)
    expect([joined.status, slugs(joined)]).toEqual([200, ['fieldnote']])
    expect((await within(taken, 'fieldnote').in('GET', '/channels')).status).toBe(404)
    expect((await within(victim, 'bait').in('GET', '/channels')).status).toBe(404)
    expect(slugs(await signIn('victim@example.com', OTHER_PASSWORD))).toEqual(['bait'])
    expect(slugs(await signIn('victim@example.com', PASSWORD))).toEqual(['fieldnote'])
    expect((await signIn('victim@example.com', 'neither of the two 1')).status).toBe(401)
  })

  test('U2 lets the owner join with the account that they have, and the next invite too', async () => {
    const first = await accept(await invite(ines, 'owner@example.com'))
    const second = await accept(await invite(mallory, 'owner@example.com'))
    expect(second.body.user.id).toBe(first.body.user.id)
    expect(slugs(second)).toEqual(['bait', 'fieldnote'])
    const [bait, fieldnote] = second.body.memberships
    expect(bait?.user_id).not.toBe(fieldnote?.user_id)
  })

  test('U3 is entered by new sessions only, whoever opened the others', async () => {
    const before = new Person(server.url)
    await accept(await invite(ines, 'before@example.com'), PASSWORD, before)
    const after = new Person(server.url)
    await accept(await invite(mallory, 'before@example.com'), PASSWORD, after)
    const orgsOf = async (who: Person) => [
      (await within(who, 'bait').in('GET', '/channels')).status,
      slugs(await who.call<SignedIn>('GET', '/auth/me')),
      (await who.call<{ data: { slug: string }[] }>('GET', '/api/v1/orgs')).body.data.map(({ slug }) => slug),
    ]
    expect(await orgsOf(before)).toEqual([404, ['fieldnote'], ['fieldnote']])
    expect(await orgsOf(after)).toEqual([200, ['bait', 'fieldnote'], ['bait', 'fieldnote']])
    expect((await within(before, 'fieldnote').in('GET', '/channels')).status).toBe(200)
  })

  test('U3 a session enters the org that its person makes', async () => {
    const own = new Person(server.url)
    await accept(await invite(ines, 'founder@example.com'), PASSWORD, own)
    const org = await found(own, 'own-org')
    expect((await org.in('GET', '/channels')).status).toBe(200)
    expect(slugs(await own.call<SignedIn>('GET', '/auth/me'))).toEqual(['fieldnote', 'own-org'])
  })
})

describe('answers', () => {
  test('U1 of an invite, its page and its acceptance are alike with and without an account', async () => {
    await accept(await invite(ines, 'known@example.com', 'Kim'))
    const answers = []
    for (const email of ['known@example.com', 'nobody@example.com']) {
      const invited = await invite(mallory, email, `Una at ${email}`)
      const page = await new Person(server.url).call('GET', `/auth/invites/${tokenOf(invited)}`)
      const weak = await accept(invited, 'password123')
      const joined = await accept(invited, OTHER_PASSWORD)
      const member = joined.body.memberships[0]
      // A new account has the id of its member: it is as young as the invite.
      expect([member?.user_id, joined.body.user.id]).toEqual([invited.body.id, invited.body.id])
      answers.push(
        JSON.stringify([invited.body, page.body, weak.status, weak.body, joined.status, joined.body])
          .replaceAll(email, 'E')
          .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|"una[^"]*"|\d{4}-\d\d-\d\dT[^"]*|invite\/[\w-]+/g, 'X'),
      )
    }
    expect(answers[0]).toBe(answers[1])
  })

  test('U1 the id of a member is made when it is invited', async () => {
    const [first] = (await accept(await invite(ines, 'aged@example.com'))).body.memberships
    const again = await invite(mallory, 'aged@example.com')
    // UUIDv7: the first 48 bits are the time.
    expect(again.body.id > (first?.user_id ?? '')).toBeTrue()
  })

  test('U5 name the member of the org, in records of sign-ins and of their end too', async () => {
    await accept(await invite(ines, 'two@example.com', 'Tina in Fieldnote'))
    await accept(await invite(mallory, 'two@example.com', 'Tina in Bait'))
    const tina = new Person(server.url)
    const { body } = await signIn('two@example.com', PASSWORD, tina)
    await signIn('two@example.com', 'a wrong password 1')
    expect((await tina.call('POST', '/auth/logout')).status).toBe(204)
    for (const [org, name] of [
      [ines, 'Tina in Fieldnote'],
      [mallory, 'Tina in Bait'],
    ] as const) {
      const { user_id, display_name } = body.memberships.find((one) => one.org.slug === org.org) ?? {}
      expect(display_name).toBe(name)
      const types = ['auth.login_success', 'auth.login_failure', 'auth.session_revoked']
      const read = async () =>
        (
          await org.in<{ data: Event[] }>(
            'GET',
            `/events?user_id=${user_id}&${types.map((type) => `type=${type}`).join('&')}`,
          )
        ).body.data
      await until(async () => new Set((await read()).map(({ type }) => type)).size === 3)
      for (const { actor, payload } of await read()) {
        expect([actor.id, actor.display_name, payload.user_id]).toEqual([user_id ?? '', name, user_id])
      }
    }
  })
})

describe('at once', () => {
  test('U4 one link accepted by several makes one member, under the password that was first', async () => {
    for (let round = 0; round < 3; round++) {
      const email = `race${round}@example.com`
      const invited = await invite(ines, email)
      const passwords = ['the first harbour 1', 'the second harbour 2', 'the third harbour 3']
      const joined = await Promise.all(passwords.map((password) => accept(invited, password)))
      expect(joined.map(({ status }) => status).toSorted()).toEqual([200, 404, 404])
      for (const [i, { status }] of joined.entries()) {
        const again = await signIn(email, passwords[i]!)
        expect(again.status).toBe(status === 200 ? 200 : 401)
      }
    }
  })

  test('U4 two orgs that invite one address, accepted with one password, share an account', async () => {
    for (let round = 0; round < 3; round++) {
      const email = `both${round}@example.com`
      const invited = await Promise.all([invite(ines, email), invite(mallory, email.toUpperCase())])
      expect(invited.map(({ status }) => status)).toEqual([201, 201])
      const joined = await Promise.all(invited.map((one) => accept(one)))
      expect(joined.map(({ status }) => status)).toEqual([200, 200])
      expect(new Set(joined.map(({ body }) => body.user.id)).size).toBe(1)
      expect(slugs(await signIn(email, PASSWORD))).toEqual(['bait', 'fieldnote'])
    }
  })
})

test('U6 a removed member leaves one org, and is a new member when invited again', async () => {
  const email = 'leaver@example.com'
  await accept(await invite(ines, email))
  const leaver = new Person(server.url)
  const { body } = await accept(await invite(mallory, email), PASSWORD, leaver)
  const stream = (slug: string) =>
    SseJournal.open(`${server.url}/api/v1/orgs/${slug}/events/stream`, { Cookie: leaver.cookieHeader })
  const [here, there] = await Promise.all([stream('fieldnote'), stream('bait')])
  const member = body.memberships.find(({ org }) => org.slug === 'fieldnote')
  expect((await ines.in('DELETE', `/users/${member?.user_id}`)).status).toBe(204)
  await until(() => here.ended, 'the stream to end')
  expect((await within(leaver, 'fieldnote').in('GET', '/channels')).status).toBe(404)
  expect((await within(leaver, 'bait').in('GET', '/channels')).status).toBe(200)
  expect(there.ended).toBeFalse()
  await there.close()
  const again = await invite(ines, email)
  expect(again.body.id).not.toBe(member?.user_id)
  expect((await within(leaver, 'fieldnote').in('GET', '/channels')).status).toBe(404)
  const back = await accept(again)
  expect([back.body.user.id, slugs(back)]).toEqual([body.user.id, ['bait', 'fieldnote']])
  expect((await within(leaver, 'fieldnote').in('GET', '/channels')).status).toBe(404)
})

test('U7 an address is one in every case; one that only looks alike opens nothing of it', async () => {
  const first = await accept(await invite(ines, 'Kira@Example.com'))
  const cased = await accept(await invite(mallory, 'kira@EXAMPLE.com', 'Kira'))
  expect(cased.body.user.id).toBe(first.body.user.id)
  expect(slugs(await signIn('KIRA@example.COM', PASSWORD))).toEqual(['bait', 'fieldnote'])
  // With a Cyrillic a, and with a combining accent.
  for (const [i, email] of ['kir\u0430@example.com', 'kira\u0301@example.com'].entries()) {
    const alike = await accept(await invite(mallory, email, `Alike ${i}`))
    expect(alike.body.user.id).not.toBe(first.body.user.id)
    expect(slugs(alike)).toEqual(['bait'])
  }
})

test('U8 old hashes open their account and are replaced', async () => {
  const email = 'old@example.com'
  const { body } = await accept(await invite(ines, email))
  const raw = 'Gru\u0308ße aus dem Hafen 1'
  const old = await Bun.password.hash(raw, { algorithm: 'argon2id' })
  const sql = databaseOf(server)
  await sql`update users set password_hash = ${old} where id = ${body.user.id}`
  expect((await signIn(email, raw.normalize('NFC'))).status).toBe(401)
  expect((await signIn(email, raw)).status).toBe(200)
  expect((await signIn(email, raw.normalize('NFC'))).status).toBe(200)
  const [row] = await sql<
    { password_hash: string }[]
  >`select password_hash from users where id = ${body.user.id}`
  await sql.end()
  expect(row?.password_hash).not.toBe(old)
})
