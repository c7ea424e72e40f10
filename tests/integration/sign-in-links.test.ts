import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { User } from '../../src/contracts/resources.ts'
import { PASSWORD, Person, setUp } from '../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until, WsJournal } from '../support/streams.ts'

type Invited = User & { invite_url: string }
interface SignedIn {
  user: { id: string }
  memberships: { org: { slug: string }; user_id: string }[]
}

const NEW_PASSWORD = 'the new harbour of 7'
const OTHER_PASSWORD = 'yet another harbour 8'

let server: TestServer
/** Administrator of `fieldnote`. */
let ines: Person
/** Another org, of Otto. */
let otto: Person

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  ines = await setUp(server)
  const founder = new Person(server.url)
  await joinWith(await invite(ines, 'otto@example.com'), PASSWORD, founder)
  expect((await founder.call('POST', '/api/v1/orgs', { name: 'Elsewhere', slug: 'elsewhere' })).status).toBe(
    201,
  )
  otto = within(founder, 'elsewhere')
})
afterAll(() => server.stop())

function within(person: Person, slug: string): Person {
  return Object.assign(new Person(server.url), { cookies: person.cookies, org: slug })
}

const invite = (who: Person, email: string) =>
  who.in<Invited>('POST', '/users', {
    type: 'human',
    email,
    display_name: `Una of ${email}`,
    role: 'contributor',
  })

function joinWith({ body }: { body: Invited }, password = PASSWORD, by = new Person(server.url)) {
  return by.call<SignedIn>('POST', `/auth/invites/${body.invite_url.split('/').at(-1)}/accept`, { password })
}

const signIn = (email: string, password: string, by = new Person(server.url)) =>
  by.call<SignedIn>('POST', '/auth/password', { email, password })

const link = (who: Person, user_id: string | undefined) =>
  who.in<{ sign_in_url: string; expires_at: string }>('POST', `/users/${user_id}/sign-in-link`)

const useLink = (made: { body: { sign_in_url: string } }, password: string, by = new Person(server.url)) =>
  by.call<SignedIn>('POST', `/auth/sign-in-links/${made.body.sign_in_url.split('/').at(-1)}/accept`, {
    password,
  })

const slugs = ({ body }: { body: SignedIn }) => body.memberships.map(({ org }) => org.slug)

const memberIn = ({ body }: { body: SignedIn }, slug: string) =>
  body.memberships.find(({ org }) => org.slug === slug)?.user_id

describe('a new invite link', () => {
  test('U9 ends the former one and changes nothing else of the member', async () => {
    const first = await invite(ines, 'late@example.com')
    const again = await ines.in<Invited>('POST', `/users/${first.body.id}/invite`)
    expect(again.status).toBe(201)
    expect({ ...again.body, invite_url: '' }).toEqual({ ...first.body, invite_url: '' })
    expect((await joinWith(first)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
    expect((await joinWith(again)).status).toBe(200)
    expect((await ines.in('POST', `/users/${first.body.id}/invite`)).body).toMatchObject({
      error: { code: 'ALREADY_MEMBER' },
    })
    expect((await ines.in('POST', `/users/${crypto.randomUUID()}/invite`)).status).toBe(404)
  })
})

describe('a sign-in link', () => {
  test('U10 sets a password once, signs in, ends the sessions and streams from before, and is in the log', async () => {
    const before = new Person(server.url)
    const joined = await joinWith(await invite(ines, 'forgot@example.com'), PASSWORD, before)
    const user_id = memberIn(joined, 'fieldnote')
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      Cookie: before.cookieHeader,
    })
    const unused = await link(ines, user_id)
    const made = await link(ines, user_id)
    expect([made.status, made.body.sign_in_url.startsWith(`${server.url}/sign-in-link/`)]).toEqual([
      201,
      true,
    ])
    const token = made.body.sign_in_url.split('/').at(-1)
    const page = await new Person(server.url).call('GET', `/auth/sign-in-links/${token}`)
    expect(page.body).toMatchObject({ email: 'forgot@example.com', org_slug: 'fieldnote' })
    expect((await useLink(unused, NEW_PASSWORD)).body).toMatchObject({ error: { code: 'INVITE_NOT_FOUND' } })
    expect((await useLink(made, 'password123')).body).toMatchObject({ error: { code: 'VALIDATION_FAILED' } })
    const used = await useLink(made, NEW_PASSWORD)
    // The only org of the account: it stays the same one, with its drafts on its devices.
    expect([used.status, used.body.user.id]).toEqual([200, joined.body.user.id])
    expect(memberIn(used, 'fieldnote')).toBe(user_id)
    expect((await useLink(made, OTHER_PASSWORD)).status).toBe(404)
    await until(() => stream.ended, 'the stream to end')
    expect((await within(before, 'fieldnote').in('GET', '/channels')).status).not.toBe(200)
    expect((await signIn('forgot@example.com', PASSWORD)).status).toBe(401)
    expect((await signIn('forgot@example.com', NEW_PASSWORD)).status).toBe(200)
    const seen = stream.events.map(({ type }) => type)
    expect(seen).toContain('auth.sign_in_link_created')
    const { body } = await ines.in<{ data: { type: string; payload: { user_id: string } }[] }>(
      'GET',
      '/events?type=auth.sign_in_link_created&type=auth.password_changed',
    )
    expect(body.data.filter(({ payload }) => payload.user_id === user_id).map(({ type }) => type)).toEqual([
      'auth.password_changed',
      'auth.sign_in_link_created',
      'auth.sign_in_link_created',
    ])
  })

  test('U10 is for members who have a password, is no invite, and ends after an hour', async () => {
    const invited = await invite(ines, 'young@example.com')
    expect((await link(ines, invited.body.id)).body).toMatchObject({ error: { code: 'INVALID_TRANSITION' } })
    const joined = await joinWith(invited)
    const made = await link(ines, memberIn(joined, 'fieldnote'))
    const token = made.body.sign_in_url.split('/').at(-1)
    expect((await new Person(server.url).call('GET', `/auth/invites/${token}`)).status).toBe(404)
    const sql = databaseOf(server)
    await sql`update invites set expires_at = now() where email = 'young@example.com' and purpose = 'password'`
    await sql.end()
    expect((await useLink(made, NEW_PASSWORD)).status).toBe(404)
  })

  test('U11 of one org opens nothing of another, for whoever uses it', async () => {
    const email = 'both@example.com'
    await joinWith(await invite(ines, email))
    const owner = new Person(server.url)
    const joined = await joinWith(await invite(otto, email), PASSWORD, owner)
    const user_id = memberIn(joined, 'fieldnote')
    const socket = await WsJournal.open(
      `${server.url.replace('http', 'ws')}/api/v1/orgs/fieldnote/channels/ws`,
      {
        Cookie: owner.cookieHeader,
        Origin: server.url,
      },
    )
    const thief = new Person(server.url)
    const stolen = await useLink(await link(ines, user_id), OTHER_PASSWORD, thief)
    expect([stolen.status, slugs(stolen), memberIn(stolen, 'fieldnote')]).toEqual([
      200,
      ['fieldnote'],
      user_id,
    ])
    expect(stolen.body.user.id).not.toBe(joined.body.user.id)
    expect((await within(thief, 'elsewhere').in('GET', '/channels')).status).toBe(404)
    expect((await within(thief, 'fieldnote').in('GET', '/channels')).status).toBe(200)
    expect((await within(owner, 'elsewhere').in('GET', '/channels')).status).toBe(200)
    expect((await within(owner, 'fieldnote').in('GET', '/channels')).status).toBe(404)
    await until(() => socket.close_code !== undefined, 'the socket to close')
    expect(slugs(await signIn(email, PASSWORD))).toEqual(['elsewhere'])
    expect(slugs(await signIn(email, OTHER_PASSWORD))).toEqual(['fieldnote'])
    // The owner takes the membership back into the first account, by its password.
    const back = await useLink(await link(ines, user_id), PASSWORD)
    expect([back.body.user.id, slugs(back)]).toEqual([joined.body.user.id, ['elsewhere', 'fieldnote']])
    expect((await within(thief, 'fieldnote').in('GET', '/channels')).status).toBe(404)
    expect((await within(owner, 'fieldnote').in('GET', '/channels')).status).toBe(404)
  })
})

describe('changing the own password', () => {
  const change = (who: Person, current_password: string, new_password: string) =>
    who.call('PUT', '/auth/password', { current_password, new_password })

  test('U12 takes the current one and ends all other sessions', async () => {
    const email = 'changer@example.com'
    const here = new Person(server.url)
    await joinWith(await invite(ines, email), PASSWORD, here)
    const elsewhere = new Person(server.url)
    await signIn(email, PASSWORD, elsewhere)
    expect((await change(here, 'not the password 1', NEW_PASSWORD)).status).toBe(401)
    expect((await change(here, PASSWORD, 'password123')).body).toMatchObject({
      error: { code: 'VALIDATION_FAILED', details: [{ path: '/new_password' }] },
    })
    expect((await change(here, PASSWORD, NEW_PASSWORD)).status).toBe(204)
    expect((await here.call('GET', '/auth/me')).status).toBe(200)
    expect((await elsewhere.call('GET', '/auth/me')).body).toMatchObject({
      error: { code: 'SESSION_REVOKED' },
    })
    expect((await signIn(email, PASSWORD)).status).toBe(401)
    expect((await signIn(email, NEW_PASSWORD)).status).toBe(200)
  })

  test('U12 never takes the password of another account of the address', async () => {
    const email = 'twice@example.com'
    const first = new Person(server.url)
    await joinWith(await invite(ines, email), PASSWORD, first)
    await joinWith(await invite(otto, email), OTHER_PASSWORD)
    expect((await change(first, PASSWORD, OTHER_PASSWORD)).body).toMatchObject({
      error: { code: 'VALIDATION_FAILED', details: [{ path: '/new_password' }] },
    })
    expect((await change(first, OTHER_PASSWORD, NEW_PASSWORD)).status).toBe(401)
    expect(slugs(await signIn(email, PASSWORD))).toEqual(['fieldnote'])
    expect(slugs(await signIn(email, OTHER_PASSWORD))).toEqual(['elsewhere'])
  })
})

describe('a link from the shell of the server', () => {
  async function shell(...args: string[]) {
    const child = Bun.spawn([process.execPath, 'src/main.ts', 'admin', 'reset-password', ...args], {
      env: { ...process.env, MC_DATA_DIR: server.data_dir, MC_PUBLIC_URL: server.url },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const out = await new Response(child.stdout).text()
    return { code: await child.exited, body: { sign_in_url: /https?:.*/.exec(out)?.[0] ?? '' } }
  }

  test('U13 sets the password of the account in all its orgs once, and ends its sessions', async () => {
    const email = 'sole@example.com'
    await joinWith(await invite(ines, email))
    const before = new Person(server.url)
    await joinWith(await invite(otto, email), PASSWORD, before)
    const [unused, made] = [await shell(email), await shell('--email', email)]
    expect([made.code, made.body.sign_in_url.startsWith(`${server.url}/sign-in-link/`)]).toEqual([0, true])
    const token = made.body.sign_in_url.split('/').at(-1)
    const page = await new Person(server.url).call('GET', `/auth/sign-in-links/${token}`)
    expect(page.body).toMatchObject({ email, org_slug: null })
    expect((await useLink(made, 'password123')).status).toBe(400)
    const used = await useLink(made, NEW_PASSWORD)
    expect([used.status, slugs(used)]).toEqual([200, ['elsewhere', 'fieldnote']])
    for (const link of [made, unused]) expect((await useLink(link, OTHER_PASSWORD)).status).toBe(404)
    expect((await before.call('GET', '/auth/me')).status).toBe(401)
    expect((await signIn(email, PASSWORD)).status).toBe(401)
    expect((await signIn(email, NEW_PASSWORD)).status).toBe(200)
  })

  test('U13 names the org when several accounts have the address, and nothing where there is none', async () => {
    const email = 'two-accounts@example.com'
    await joinWith(await invite(ines, email))
    await joinWith(await invite(otto, email), OTHER_PASSWORD)
    expect((await useLink(await shell(email), NEW_PASSWORD)).body).toMatchObject({
      error: { code: 'INVALID_TRANSITION' },
    })
    const one = await shell(email, '--org', 'elsewhere')
    // The password of the other account is refused.
    expect((await useLink(one, PASSWORD)).status).toBe(400)
    expect(slugs(await useLink(one, NEW_PASSWORD))).toEqual(['elsewhere'])
    expect(slugs(await signIn(email, PASSWORD))).toEqual(['fieldnote'])
    expect((await useLink(await shell('nobody@example.com'), NEW_PASSWORD)).status).toBe(404)
  })
})

describe('an invite from the shell of the server', () => {
  async function shell(...args: string[]) {
    const child = Bun.spawn([process.execPath, 'src/main.ts', 'admin', 'create-user', ...args], {
      env: { ...process.env, MC_DATA_DIR: server.data_dir, MC_PUBLIC_URL: server.url },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { code: await child.exited, url: /https?:.*/.exec(out)?.[0] ?? '', errors }
  }
  const accept = (url: string, password = PASSWORD) =>
    new Person(server.url).call<SignedIn>('POST', `/auth/invites/${url.split('/').at(-1)}/accept`, {
      password,
    })

  test('U18 makes a member of the org once, an administrator unless said otherwise', async () => {
    const email = 'locked.out@example.com'
    const made = await shell('--email', email, '--name', 'Lo Out', '--org', 'fieldnote')
    expect([made.code, made.url.startsWith(`${server.url}/invite/`)]).toEqual([0, true])
    const page = () => new Person(server.url).call('GET', `/auth/invites/${made.url.split('/').at(-1)}`)
    const org = { org_name: 'Fieldnote', org_slug: 'fieldnote' }
    const about = { email, display_name: 'Lo Out', ...org, sign_in_methods: ['password'] }
    // Looking at the page changes nothing.
    for (let i = 0; i < 2; i++) expect((await page()).body).toEqual(about)
    const [first, second] = await Promise.all([accept(made.url), accept(made.url, OTHER_PASSWORD)])
    expect([first.status, second.status].sort()).toEqual([200, 404])
    const [joined] = [first, second].filter(({ status }) => status === 200)
    expect(joined?.body.memberships).toMatchObject([{ org: { slug: 'fieldnote' }, role: 'administrator' }])
    expect((await accept(made.url)).status).toBe(404)
    expect((await page()).status).toBe(404)
  })

  test('U18 for an org that is not there, or of another server, opens nothing', async () => {
    const nowhere = await shell('--email', 'a@example.com', '--name', 'A', '--org', 'nowhere')
    expect((await accept(nowhere.url)).status).toBe(404)
    const forged = await shell('--email', 'a@example.com', '--name', 'A', '--org', 'fieldnote')
    expect((await accept(`${forged.url.slice(0, -4)}AAAA`)).status).toBe(404)
  })

  test('U18 is one line about a mistake, with exit code 2', async () => {
    for (const [args, about] of [
      [['--email', 'no address', '--name', 'A', '--org', 'o'], '--email'],
      [['--email', 'a@example.com', '--name', ' ', '--org', 'o'], '--name'],
      [['--email', 'a@example.com', '--name', 'A', '--org', 'o', '--role', 'owner'], '--role'],
    ] as const) {
      const { code, errors } = await shell(...args)
      expect([code, errors.startsWith(about), errors.trim().split('\n').length]).toEqual([2, true, 1])
    }
  })
})
