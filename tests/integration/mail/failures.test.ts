import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Email, EmailDelivery } from '../../../src/contracts/resources.ts'
import { type Answer, generalChannel, join, type Person, setUp } from '../../support/client.ts'
import { type MailServer, startMailServer } from '../../support/mail-server.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const LOGIN = { user: 'mission@control', password: 'p@ss/word of the mail server' }

let smtp: MailServer
let server: TestServer
let admin: Person
let post: (text: string) => Promise<Answer<unknown>>

beforeAll(async () => {
  smtp = await startMailServer({ login: LOGIN })
  server = await startServer({
    env: {
      MC_SMTP_URL: smtp.url.replace('mission@control', 'mission%40control'),
      MC_EMAIL_FROM: 'mc@fieldnote.example',
      MC_EMAIL_DELAY_SECONDS: '0',
      MC_JOB_LEASE_MS: '5000',
    },
  })
  admin = await setUp(server)
  const general = await generalChannel(admin)
  post = (content) => admin.in('POST', `/channels/${general.id}/messages`, { content })
})
afterAll(async () => {
  await server.stop()
  await smtp.stop()
})

async function member(name: string) {
  const person = await join(admin, name, 'contributor', (email) => smtp.mailsTo(email))
  const address = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
  const { body } = await person.in<{ username: string }>('GET', '/users/me')
  return { person, address, mention: () => post(`@${body.username} have a look`) }
}

/** The newest mail of a member about notifications. */
async function mailOf(person: Person): Promise<Email | undefined> {
  const { body } = await admin.in<{ data: Email[] }>('GET', '/emails?per_page=100')
  return body.data.find((mail) => mail.user_id === person.user_id && mail.kind !== 'invite')
}

const statusOf = async (person: Person) => (await mailOf(person))?.status

describe('the mail server', () => {
  test('gets user and password over TLS', async () => {
    const { address, mention } = await member('Over Tls')
    await mention()
    const [, received] = await smtp.mailsTo(address, 2)
    expect([received?.user, received?.secure]).toEqual([LOGIN.user, true])
  })

  test('refuses an address for good: no second attempt, until an administrator resends', async () => {
    const { person, address, mention } = await member('No Such User')
    smtp.next(address, 'refuse')
    await mention()
    await until(async () => (await statusOf(person)) === 'failed')
    const failed = (await mailOf(person))!
    expect(failed).toMatchObject({ attempts: 1, last_error: '550 5.1.1 No such user here', address })
    const delivery = (await admin.in<EmailDelivery>('GET', '/emails/delivery')).body
    expect(delivery).toMatchObject({
      configured: true,
      from_address: 'mc@fieldnote.example',
      figures: { failed: 1, last_error: '550 5.1.1 No such user here' },
    })
    expect((await person.in<EmailDelivery>('GET', '/emails/delivery')).body.figures).toBeNull()
    const listed = await admin.in<{ data: Email[] }>('GET', '/emails?status=failed')
    expect(listed.body.data.map(({ id }) => id)).toEqual([failed.id])

    expect((await person.in('POST', `/emails/${failed.id}/resend`)).status).toBe(403)
    const key = { 'Idempotency-Key': 'once more' }
    const resent = await admin.in<Email>('POST', `/emails/${failed.id}/resend`, undefined, key)
    expect([resent.status, resent.body.status]).toEqual([200, 'pending'])
    const repeated = await admin.in<Email>('POST', `/emails/${failed.id}/resend`, undefined, key)
    expect(repeated.body).toEqual(resent.body)
    await smtp.mailsTo(address, 2)
    await until(async () => (await statusOf(person)) === 'sent')
    const late = await admin.in('POST', `/emails/${failed.id}/resend`)
    expect([late.status, late.body]).toMatchObject([409, { error: { code: 'INVALID_TRANSITION' } }])
  })

  test('greylists: the mail comes with a later attempt', async () => {
    const { person, address, mention } = await member('Grey Listed')
    smtp.next(address, 'greylist', 'greylist')
    await mention()
    await until(async () => (await mailOf(person))?.last_error?.startsWith('451 4.7.1') === true)
    await smtp.mailsTo(address, 2)
    await until(async () => (await statusOf(person)) === 'sent')
    expect(await mailOf(person)).toMatchObject({ attempts: 3, last_error: null })
  })

  test('takes a mail and is cut off before its answer: one repeat with the same Message-ID', async () => {
    const { person, address, mention } = await member('Cut Off')
    smtp.next(address, 'cut')
    await mention()
    const [, first, second] = await smtp.mailsTo(address, 3)
    await until(async () => (await statusOf(person)) === 'sent')
    expect(second?.mail.messageId).toBe(first?.mail.messageId)
    expect(second?.mail.text).toBe(first?.mail.text)
    expect((await smtp.mailsTo(address)).length).toBe(3)
  })

  test('cut off twice, it may have delivered: no third attempt, and administrators are told', async () => {
    const { person, address, mention } = await member('Cut Twice')
    smtp.next(address, 'cut', 'cut')
    await mention()
    await until(async () => (await statusOf(person)) === 'failed')
    expect((await mailOf(person))?.last_error).toContain('may have been delivered')
    expect((await smtp.mailsTo(address)).length).toBe(3)
  })

  test('hangs in the middle of a mail while this server is killed: the mail comes once more, not more often', async () => {
    const { person, address, mention } = await member('Hung Up')
    smtp.next(address, 'hang')
    await mention()
    await until(() => smtp.attempts(address) === 2)
    await server.kill()
    await server.restart()
    await smtp.mailsTo(address, 2)
    await until(async () => (await statusOf(person)) === 'sent')
    expect(smtp.attempts(address)).toBe(3)
  })

  test('is away: mails wait, those of one member become one, and nothing secret is told', async () => {
    const { person, address, mention } = await member('Patient Reader')
    await smtp.stop()
    for (let i = 0; i < 7; i++) await mention()
    await until(async () => (await mailOf(person))?.last_error === 'The mail server refuses connections.')
    smtp = await startMailServer({ login: LOGIN, port: smtp.port })
    const [received] = await smtp.mailsTo(address, 1)
    expect(received?.mail.subject).toBe('7 notifications · Fieldnote')
    await until(
      async () => (await admin.in<EmailDelivery>('GET', '/emails/delivery')).body.figures?.pending === 0,
    )
    expect((await smtp.mailsTo(address)).length).toBe(1)

    const database = databaseOf(server)
    const told = await database`
      select last_error as text from emails union all select last_error from mc_jobs._private_jobs`
    await database.end()
    for (const text of [server.log(), ...told.map(({ text }) => String(text))])
      for (const secret of [LOGIN.password, encodeURIComponent(LOGIN.password), '/unsubscribe?token='])
        expect(text).not.toContain(secret)
  })
})

test('without a mail server nothing is made, nothing waits, and the server says so', async () => {
  const silent = await startServer()
  const alone = await setUp(silent)
  const una = await join(alone, 'Una Berg')
  await alone.in('POST', '/tasks', { title: 'Told in the app', assignee_ids: [una.user_id] })
  expect((await alone.in('GET', '/emails/delivery')).body).toEqual({
    configured: false,
    from_address: null,
    figures: { pending: 0, failed: 0, last_error: null, last_sent_at: null },
  })
  expect((await alone.in<{ data: Email[] }>('GET', '/emails')).body.data).toEqual([])
  const database = databaseOf(silent)
  expect(
    await database`select 1 from mc_jobs._private_jobs where payload ->> 'email_id' is not null`,
  ).toHaveLength(0)
  await database.end()
  await silent.stop()
})
