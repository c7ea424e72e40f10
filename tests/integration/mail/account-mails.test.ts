import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { User } from '../../../src/contracts/resources.ts'
import { join, PASSWORD, Person, setUp } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { type MailServer, startMailServer } from '../../support/mail-server.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

interface SignedIn {
  user: { id: string; email: string }
  memberships: { org: { slug: string }; user_id: string }[]
}

const NEW_PASSWORD = 'the new harbour of 7'
const OTHER_PASSWORD = 'yet another harbour 8'

let smtp: MailServer
let server: TestServer
let admin: Person

beforeAll(async () => {
  smtp = await startMailServer()
  server = await startServer({
    env: {
      MC_SMTP_URL: smtp.url,
      MC_EMAIL_FROM: 'mc@fieldnote.example',
      DEPLOYMENT_MODE: 'multi-tenant',
      MC_RATE_LIMITS: 'off',
      MC_EMAIL_DELAY_SECONDS: '0',
    },
  })
  admin = await setUp(server)
})
afterAll(async () => {
  await server.stop()
  await smtp.stop()
})

const anybody = () => new Person(server.url)
const signIn = (email: string, password: string, by = anybody()) =>
  by.call<SignedIn>('POST', '/auth/password', { email, password })
const forgot = (email: string) => anybody().call('POST', '/auth/password-reset', { email })
const slugs = ({ body }: { body: SignedIn }) => body.memberships.map(({ org }) => org.slug)

/** A member who joined by a mailed invite. */
async function member(name: string) {
  const person = await join(admin, name, 'contributor', (email) => smtp.mailsTo(email))
  const address = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
  return { person, address }
}

/** The links of the last mail to an address, of which there are so many by then. */
async function mailed(
  address: string,
  mails: number,
): Promise<{ subject: string; tokens: string[]; text: string }> {
  const { mail } = (await smtp.mailsTo(address, mails))[mails - 1]!
  const text = mail.text ?? ''
  const tokens = [...text.matchAll(/\/(?:sign-in-link|confirm-email)\/(\S+)/g)].map(([, token = '']) => token)
  return { subject: mail.subject ?? '', tokens, text }
}

const setBy = (token: string | undefined, password: string, by = anybody()) =>
  by.call<SignedIn>('POST', `/auth/sign-in-links/${token}/accept`, { password })

/** Waits until no mail to an account is on its way. */
async function settled(): Promise<void> {
  const sql = databaseOf(server)
  await until(async () => {
    const [row] = await sql<
      { n: number }[]
    >`select count(*)::int as n from account_emails where status = 'pending'`
    return row?.n === 0
  })
  await sql.end()
}

describe('a forgotten password', () => {
  test('U16 a mailed link sets a new one once, signs in, and ends all sessions', async () => {
    const { person, address } = await member('Una Berg')
    expect((await forgot(address.toUpperCase())).status).toBe(204)
    const { subject, tokens, text } = await mailed(address.toUpperCase(), 1)
    expect(subject).toBe('Set a new password · Mission Control')
    expect(text).toContain('Your account in Fieldnote')
    const [token] = tokens
    expect((await anybody().call('GET', `/auth/sign-in-links/${token}`)).body).toMatchObject({
      email: address,
      org_slug: null,
    })
    expect((await setBy(token, 'password123')).status).toBe(400)
    const set = await setBy(token, NEW_PASSWORD)
    expect([set.status, set.body.user.email]).toEqual([200, address])
    expect((await setBy(token, OTHER_PASSWORD)).status).toBe(404)
    expect((await person.call('GET', '/auth/me')).status).toBe(401)
    expect((await signIn(address, PASSWORD)).status).toBe(401)
    expect((await signIn(address, NEW_PASSWORD)).status).toBe(200)
    const { body } = await admin.in<{ data: { payload: { by: string } }[] }>(
      'GET',
      '/events?type=auth.password_changed',
    )
    expect(body.data[0]?.payload.by).toBe('email')
  })

  test('U16 each account of the address has a link, which opens no other one', async () => {
    const { address } = await member('Two Accounts')
    const founder = await join(admin, 'Otto Founder')
    await founder.call('POST', '/api/v1/orgs', { name: 'Else <b>where</b>', slug: 'elsewhere' })
    const otto = Object.assign(anybody(), { cookies: founder.cookies, org: 'elsewhere' })
    const invited = await otto.in<User & { invite_url: string }>('POST', '/users', {
      type: 'human',
      email: address,
      display_name: 'Two Accounts',
      role: 'contributor',
    })
    // Its mail is not sent once it is accepted.
    await smtp.mailsTo(address, 2)
    await anybody().call('POST', `/auth/invites/${invited.body.invite_url.split('/').at(-1)}/accept`, {
      password: OTHER_PASSWORD,
    })
    await forgot(address)
    const { tokens, text } = await mailed(address, 3)
    expect(tokens.length).toBe(2)
    expect(text).toContain('Your account in Else <b>where</b>:')
    // The password of the other account is refused.
    expect((await setBy(tokens[0], OTHER_PASSWORD)).status).toBe(400)
    expect(slugs(await setBy(tokens[0], NEW_PASSWORD))).toEqual(['fieldnote'])
    expect(slugs(await signIn(address, OTHER_PASSWORD))).toEqual(['elsewhere'])
  })

  test('U16 the answer, what is stored and the work are the same for an unknown address, which gets no mail', async () => {
    const { address } = await member('Known Person')
    const [known, unknown] = [await forgot(address), await forgot('nobody.here@example.com')]
    const plain = ({ status, body, headers }: typeof known) => ({
      status,
      body,
      headers: [...headers.keys()].sort(),
    })
    expect(plain(unknown)).toEqual(plain(known))
    await settled()
    expect(smtp.attempts('nobody.here@example.com')).toBe(0)
    expect((await anybody().call('POST', '/auth/password-reset', { email: 'no address' })).status).toBe(400)
  })

  test('U16 an address gets three links in an hour, which all work until one was used', async () => {
    const { address } = await member('Much Asked')
    for (let i = 0; i < 5; i++) {
      await forgot(address)
      await settled()
    }
    const mails = (await smtp.mailsTo(address)).filter(({ mail }) => mail.subject?.startsWith('Set a new'))
    expect(mails.length).toBe(3)
    const tokens = mails.map(({ mail }) => /sign-in-link\/(\S+)/.exec(mail.text ?? '')?.[1])
    expect((await setBy(tokens[0], NEW_PASSWORD)).status).toBe(200)
    for (const token of tokens) expect((await setBy(token, OTHER_PASSWORD)).status).toBe(404)
  })

  test('U16 of links that are asked for at once an address gets no more', async () => {
    const { address } = await member('Asked At Once')
    await Promise.all(Array.from({ length: 20 }, () => forgot(address)))
    await settled()
    const mails = (await smtp.mailsTo(address)).filter(({ mail }) => mail.subject?.startsWith('Set a new'))
    expect(mails.length).toBe(3)
  })

  test('U16 a mail that the mail server defers is sent later', async () => {
    const { address } = await member('Grey Listed')
    smtp.next(address, 'greylist')
    await forgot(address)
    const sql = databaseOf(server)
    const stored = async () => {
      const [row] = await sql<{ status: string; last_error: string | null }[]>`
        select status, last_error from account_emails where address = ${address}`
      return row
    }
    await until(async () => ((await stored())?.last_error ?? null) !== null)
    const row = await stored()
    expect([row?.status, row?.last_error]).toEqual(['pending', '451 4.7.1 Greylisted, try again later'])
    await sql`update mc_jobs._private_jobs set run_at = now() where payload ->> 'account_email_id' is not null`
    await sql.end()
    expect((await mailed(address, 2)).subject).toBe('Set a new password · Mission Control')
  })
})

test('U16 the first mailed link proves the address, and ends ways in that others may have left', async () => {
  const { person, address } = await member('Pre Hijacked')
  const sql = databaseOf(server)
  const [account] = await sql<{ id: string; email_proved_at: string | null }[]>`
    select id, email_proved_at from users where email = ${address}`
  expect(account?.email_proved_at).toBeNull()
  const id = account!.id
  await sql`insert into identities (id, provider, issuer, subject, user_id) values (uuidv7(), 'oidc', 'https://evil.example', ${id}, ${id})`
  await sql`insert into passkeys (id, account_id, credential_id, public_key, counter, name, synced) values (uuidv7(), ${id}, ${id}, '', 0, 'A stranger’s', false)`
  const ways = async () => {
    const [row] = await sql<{ identities: number; passkeys: number; proved: boolean }[]>`
      select (select count(*)::int from identities where user_id = ${id}) as identities,
        (select count(*)::int from passkeys where account_id = ${id}) as passkeys, email_proved_at is not null as proved
      from users where id = ${id}`
    return row
  }
  expect(await ways()).toEqual({ identities: 1, passkeys: 1, proved: false })
  await forgot(address)
  const { tokens } = await mailed(address, 2)
  expect((await setBy(tokens[0], NEW_PASSWORD)).status).toBe(200)
  expect(await ways()).toEqual({ identities: 0, passkeys: 0, proved: true })
  expect((await person.call('GET', '/auth/me')).status).toBe(401)

  // A later one leaves what its owner has added since.
  await sql`insert into identities (id, provider, issuer, subject, user_id) values (uuidv7(), 'oidc', 'https://good.example', ${id}, ${id})`
  await forgot(address)
  const again = await mailed(address, 3)
  expect((await setBy(again.tokens[0], OTHER_PASSWORD)).status).toBe(200)
  expect(await ways()).toEqual({ identities: 1, passkeys: 0, proved: true })
  await sql.end()
})

test('U16 a mail whose confirmation was lost is repeated once, with the same Message-ID', async () => {
  const { address } = await member('Cut Off')
  smtp.next(address, 'cut', 'cut', 'cut')
  await forgot(address)
  const sql = databaseOf(server)
  await until(async () => {
    // The pauses between attempts are not waited for.
    await sql`update mc_jobs._private_jobs set run_at = now() where payload ->> 'account_email_id' is not null`
    const [row] = await sql<
      { status: string }[]
    >`select status from account_emails where address = ${address}`
    return row?.status === 'failed'
  })
  await sql.end()
  const resets = (await smtp.mailsTo(address)).filter(({ mail }) => mail.subject?.startsWith('Set a new'))
  expect(resets.length).toBe(2)
  expect(new Set(resets.map(({ mail }) => mail.messageId)).size).toBe(1)
})

describe('a change of the e-mail address', () => {
  const ask = (who: Person, email: string, current_password: string) =>
    who.call('POST', '/auth/email', { email, current_password })
  const confirm = (token: string | undefined, password: string) =>
    anybody().call('POST', `/auth/email-links/${token}/accept`, { password })

  test('U17 takes the password, a mail to the new address, and tells the former one', async () => {
    const { person, address } = await member('Mover Berg')
    const to = 'mover.new@example.org'
    expect((await ask(person, to, OTHER_PASSWORD)).status).toBe(401)
    expect((await ask(person, to, PASSWORD)).status).toBe(204)
    const { subject, tokens, text } = await mailed(to, 1)
    expect(subject).toBe('Confirm your new e-mail address · Mission Control')
    expect(text).toContain(`Mover Berg (${address})`)
    const [token] = tokens
    expect((await signIn(to, PASSWORD)).status).toBe(401)
    const page = await anybody().call('GET', `/auth/email-links/${token}`)
    expect(page.body).toEqual({ email: to, former_email: address, display_name: 'Mover Berg' })
    // A mail to a mistyped address gives nothing away.
    expect((await confirm(token, OTHER_PASSWORD)).status).toBe(401)
    expect((await confirm(token, PASSWORD)).status).toBe(204)
    expect((await confirm(token, PASSWORD)).status).toBe(404)
    const told = await mailed(address, 2)
    expect(told.subject).toBe('Your e-mail address has changed · Mission Control')
    expect(told.text).toContain(to)
    expect((await signIn(address, PASSWORD)).status).toBe(401)
    expect((await signIn(to, PASSWORD)).body.user.email).toBe(to)
    expect((await person.call<SignedIn>('GET', '/auth/me')).body.user.email).toBe(to)
    const shown = await admin.in<User>('GET', `/users/${person.user_id}`)
    expect(shown.body.email).toBe(to)
    const found = await admin.in<{ data: User[] }>('GET', `/users?q=mover.new`)
    expect(found.body.data.map(({ id }) => id)).toEqual([person.user_id])
    const { body } = await admin.in<{ data: { type: string }[] }>('GET', '/events?type=auth.account_changed')
    expect(body.data.length).toBe(1)
  })

  test('U17 a link for an address that was changed since is used up, and so are links for a new password', async () => {
    const { person, address } = await member('Twice Moved')
    await ask(person, 'first.place@example.org', PASSWORD)
    await ask(person, 'second.place@example.org', PASSWORD)
    await forgot(address)
    const reset = await mailed(address, 2)
    const [first, second] = [
      await mailed('first.place@example.org', 1),
      await mailed('second.place@example.org', 1),
    ]
    expect((await confirm(second.tokens[0], PASSWORD)).status).toBe(204)
    expect((await confirm(first.tokens[0], PASSWORD)).status).toBe(404)
    expect((await setBy(reset.tokens[0], NEW_PASSWORD)).status).toBe(404)
  })

  test('U17 two accounts that come to share an address keep different passwords', async () => {
    const { address } = await member('Holds Address')
    const { person } = await member('Comes Later')
    await ask(person, address, PASSWORD)
    const { tokens } = await mailed(address, 2)
    const refused = await confirm(tokens[0], PASSWORD)
    expect(refused.body).toMatchObject({
      error: { code: 'VALIDATION_FAILED', details: [{ path: '/password' }] },
    })
    await person.call('PUT', '/auth/password', { current_password: PASSWORD, new_password: NEW_PASSWORD })
    expect((await confirm(tokens[0], NEW_PASSWORD)).status).toBe(204)
    expect((await signIn(address, NEW_PASSWORD)).body.user.id).not.toBe(
      (await signIn(address, PASSWORD)).body.user.id,
    )
  })
})

test('U16 what is stored for an address is the same whether it has an account', async () => {
  // Without workers the rows stay as they were made.
  const idle = await startServer({ env: { MC_SMTP_URL: smtp.url, MC_JOB_CONCURRENCY: '0' } })
  const sql = databaseOf(idle)
  try {
    await setUp(idle)
    const addresses = ['ines@example.com', 'nobody@example.com']
    for (const email of addresses)
      expect((await new Person(idle.url).call('POST', '/auth/password-reset', { email })).status).toBe(204)
    const rows = await sql<Record<string, unknown>[]>`select * from account_emails order by created_at`
    expect(rows.map(({ address }) => address)).toEqual(addresses)
    const [known, unknown] = rows.map(({ id: _, address, created_at, updated_at, ...row }) => row)
    expect(unknown).toEqual(known!)
    const jobs = await sql<{ count: number }[]>`
      select count(*)::int as count from mc_jobs._private_jobs where payload ->> 'account_email_id' is not null`
    expect(jobs[0]?.count).toBe(2)
  } finally {
    await sql.end()
    await idle.stop()
  }
})

test('a server without a mail server says who makes a link instead, to everybody alike', async () => {
  const plain = await startServer()
  try {
    const owner = await setUp(plain)
    const providers = await owner.call<{ password_reset: boolean }>('GET', '/auth/providers')
    expect(providers.body.password_reset).toBe(false)
    const answers = []
    for (const email of ['ines@example.com', 'nobody@example.com'])
      answers.push(await new Person(plain.url).call('POST', '/auth/password-reset', { email }))
    for (const { body } of answers) expect(body).toMatchObject({ error: { code: 'INVALID_TRANSITION' } })
    const change = { email: 'new@example.com', current_password: PASSWORD }
    expect((await owner.call('POST', '/auth/email', change)).status).toBe(409)
  } finally {
    await plain.stop()
  }
})

describe('a mail to an account that fails', () => {
  test('is seen by the operator: in the metrics, in the log, and by doctor', async () => {
    const { address } = await member('Refused Person')
    const failed = async () => {
      const figures = await (await fetch(`${server.url}/metrics`)).text()
      expect(figures).toMatch(/^mc_account_emails\{status="pending"\} 0$/m)
      return Number(/^mc_account_emails\{status="failed"\} (\d+)$/m.exec(figures)?.[1])
    }
    await settled()
    const before = await failed()
    smtp.next(address, 'refuse')
    await forgot(address)
    await settled()
    expect(await failed()).toBe(before + 1)
    const line = server
      .log()
      .split('\n')
      .findLast((one) => one.includes('A mail to an account failed.'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ kind: 'password_reset', outcome: 'refused' })
    const child = Bun.spawn([process.execPath, 'src/main.ts', 'doctor'], {
      env: {
        PATH: process.env.PATH ?? '',
        MC_DATA_DIR: server.data_dir,
        MC_PORT: String(server.port),
        MC_DATABASE_URL: urlOf(server.connection('app')),
      },
      stdout: 'pipe',
    })
    expect(await new Response(child.stdout).text()).toMatch(
      /^note {2}account mails +\d+ failed within a week; the last one: .*No such user/m,
    )
  })
})

describe('the language of a person', () => {
  const language = async (person: Person) =>
    (await person.call<{ user: { language: string | null } }>('GET', '/auth/me')).body.user.language

  test('mails are in the language that the app has told, and in English before', async () => {
    const { person, address } = await member('Udo Brandt')
    expect(await language(person)).toBe(null)
    expect((await smtp.mailsTo(address))[0]?.mail.subject).toBe(
      'You are invited to Fieldnote · Mission Control',
    )
    for (const wrong of ['fr', 'DE', '', null, 7])
      expect((await person.call('PUT', '/auth/language', { language: wrong })).status).toBe(400)
    expect(await language(person)).toBe(null)
    expect((await person.call('PUT', '/auth/language', { language: 'de' })).status).toBe(204)
    expect(await language(person)).toBe('de')
    expect((await signIn(address, PASSWORD)).body.user).toMatchObject({ language: 'de' })
    await forgot(address)
    const { subject, text } = await mailed(address, 2)
    expect(subject).toBe('Neues Passwort setzen · Mission Control')
    expect(text).toContain('Konto in Fieldnote:')
    const channels = await admin.in<{ data: { id: string }[] }>('GET', '/channels')
    const path = `/channels/${channels.body.data[0]?.id}/messages`
    await admin.in('POST', path, { content: '@udo-brandt schau mal' })
    expect((await mailed(address, 3)).subject).toBe('Erwähnung von Ines Carvalho in #general · Fieldnote')
    expect((await person.call('PUT', '/auth/language', { language: 'en' })).status).toBe(204)
    await forgot(address)
    expect((await mailed(address, 4)).subject).toBe('Set a new password · Mission Control')
    expect((await anybody().call('PUT', '/auth/language', { language: 'de' })).status).toBe(401)
  })
})
