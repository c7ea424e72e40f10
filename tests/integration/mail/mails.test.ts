import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Email, EmailDelivery } from '../../../src/contracts/resources.ts'
import { addAgent, type Channel, generalChannel, join, type Person, setUp } from '../../support/client.ts'
import { type MailServer, startMailServer } from '../../support/mail-server.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

let smtp: MailServer
let server: TestServer
let admin: Person
let general: Channel

beforeAll(async () => {
  smtp = await startMailServer()
  server = await startServer({
    env: { MC_SMTP_URL: smtp.url, MC_EMAIL_FROM: 'mc@fieldnote.example', MC_EMAIL_DELAY_SECONDS: '1' },
  })
  admin = await setUp(server)
  general = await generalChannel(admin)
})
afterAll(async () => {
  await server.stop()
  await smtp.stop()
})

/** A new member with its address; the mail of its invite is there already. */
async function member(name: string) {
  const person = await join(admin, name, 'contributor', (email) => smtp.mailsTo(email))
  const address = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
  const { body } = await person.in<{ username: string }>('GET', '/users/me')
  return { person, address, username: body.username }
}

const mention = (username: string, text = 'have a look') =>
  admin.in<{ seq: number; id: string }>('POST', `/channels/${general.id}/messages`, {
    content: `@${username} ${text}`,
  })

const emails = async (query = '') =>
  (await admin.in<{ data: Email[] }>('GET', `/emails?per_page=100${query}`)).body.data

const delivery = async () => (await admin.in<EmailDelivery>('GET', '/emails/delivery')).body

/** Waits until no mail is on its way. */
const settled = () => until(async () => (await delivery()).figures?.pending === 0)

describe('a mail', () => {
  test('carries a mention: who, where, the text and the exact place, as text and as HTML', async () => {
    const { address, username } = await member('Una Berg')
    const posted = await mention(username, 'look at <b>this</b> & "that"')
    const [, received] = await smtp.mailsTo(address, 2)
    const { mail } = received!
    expect(mail.subject).toBe('Ines Carvalho mentioned you in #general · Fieldnote')
    expect(mail.from).toEqual({ name: 'Fieldnote (Mission Control)', address: 'mc@fieldnote.example' })
    expect(mail.to).toEqual([{ name: 'Una Berg', address }])
    const place = `${server.url}/o/fieldnote/channels/${general.id}?seq=${posted.body.seq}`
    expect(mail.text).toContain(`> @${username} look at <b>this</b> & "that"\n${place}`)
    expect(mail.html).toContain('look at &lt;b&gt;this&lt;/b&gt; &amp; &quot;that&quot;')
    expect(mail.html).toContain(`href="${place}"`)
    expect(mail.html).not.toMatch(/<(img|script|link|iframe)/i)
  })

  test('survives a strict reader: lines, headers and one-click unsubscribe', async () => {
    const { address, username } = await member('Strict Reader')
    await mention(username, `${'语'.repeat(300)} ${'x'.repeat(3_000)}\r\nBcc: all@example.com\n.\n..`)
    const [, received] = await smtp.mailsTo(address, 2)
    const { raw, mail, from } = received!
    expect(from).toBe('mc@fieldnote.example')
    for (const line of raw.split('\r\n')) {
      expect(line).toMatch(/^[\x20-\x7e\t]*$/)
      expect(line.length).toBeLessThanOrEqual(200)
    }
    const headers = new Map(mail.headers.map(({ key, value }) => [key, value]))
    expect(mail.headers.length).toBe(headers.size)
    expect(headers.get('list-unsubscribe')).toMatch(
      new RegExp(`^<${server.url}/unsubscribe\\?token=[A-Za-z0-9_-]{86}>$`),
    )
    expect(headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
    expect(headers.get('auto-submitted')).toBe('auto-generated')
    expect(headers.has('bcc')).toBe(false)
    expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@localhost>$/)
    expect(mail.text).toContain('语'.repeat(100))
    expect(mail.text?.length).toBeLessThan(2_000)
  })

  test('carries an assignment; nobody gets one for what it did itself, and agents get none', async () => {
    const { person, address } = await member('Ada Assigned')
    const agent = await addAgent(admin, 'forge')
    const { body: own } = await person.in<{ id: string }>('GET', '/users/me')
    const assignee_ids = [own.id, admin.user_id, agent.user.id]
    const task = await admin.in<{ id: string }>('POST', '/tasks', { title: 'Größe 数', assignee_ids })
    const [, received] = await smtp.mailsTo(address, 2)
    expect(received?.mail.subject).toBe('“Größe 数” was assigned to you · Fieldnote')
    expect(received?.mail.text).toContain(`${server.url}/o/fieldnote/tasks/${task.body.id}`)
    await settled()
    expect(smtp.received.filter(({ to }) => to === 'ines@example.com')).toEqual([])
  })

  test('is not sent about what was read meanwhile, or is hidden meanwhile', async () => {
    const { person, address, username } = await member('Quick Reader')
    await mention(username)
    const database = databaseOf(server)
    await database`update notifications set read_at = now() where user_id = ${person.user_id}`
    await database.end()
    await settled()
    expect((await smtp.mailsTo(address)).length).toBe(1)

    const user_id = person.user_id
    const project = await admin.in<{ id: string; channel_id: string }>('POST', '/projects', {
      name: 'Behind doors',
      type: 'software',
      assigned_user_ids: [user_id],
    })
    await admin.in('POST', `/channels/${project.body.channel_id}/messages`, {
      content: `@${username} secret`,
    })
    await admin.in('DELETE', `/projects/${project.body.id}/users/${user_id}`)
    await settled()
    expect((await smtp.mailsTo(address)).length).toBe(1)
    expect((await emails()).filter((mail) => mail.user_id === user_id && mail.kind !== 'invite')).toEqual([])
  })
})

describe('who gets mail', () => {
  test('a preference of mentions leaves out assignments, none leaves out everything', async () => {
    const { person, address, username } = await member('Choosy Reader')
    const prefer = (email: string) => person.in('PATCH', '/users/me', { notification_preferences: { email } })
    const { body: own } = await person.in<{ id: string }>('GET', '/users/me')
    await prefer('mentions')
    await admin.in('POST', '/tasks', { title: 'Left out', assignee_ids: [own.id] })
    await mention(username, 'one')
    await smtp.mailsTo(address, 2)
    await prefer('none')
    await mention(username, 'two')
    await settled()
    expect((await smtp.mailsTo(address)).map(({ mail }) => mail.subject)).toEqual([
      'You are invited to Fieldnote · Mission Control',
      'Ines Carvalho mentioned you in #general · Fieldnote',
    ])
  })

  test('who never chose follows the organization; who chose does not', async () => {
    const silent = await member('Never Chose')
    const chosen = await member('Has Chosen')
    await chosen.person.in('PATCH', '/users/me', { notification_preferences: { email: 'all' } })
    const settings = (default_channel: string | null) =>
      admin.in('PATCH', '', { settings: { notifications: { default_channel } } })
    const shown = async (person: Person) =>
      (await person.in<{ notification_preferences: { email: string } }>('GET', '/users/me')).body
        .notification_preferences.email
    await settings(null)
    expect([await shown(silent.person), await shown(chosen.person)]).toEqual(['none', 'all'])
    await mention(silent.username)
    await mention(chosen.username)
    await smtp.mailsTo(chosen.address, 2)
    await settled()
    expect((await smtp.mailsTo(silent.address)).length).toBe(1)
    // A change of something else is no choice.
    await silent.person.in('PATCH', '/users/me', { display_name: 'Never Chose Yet' })
    await settings('email')
    expect(await shown(silent.person)).toBe('all')
  })

  test('an invited person gets the link of the invite, which lets it join', async () => {
    const made = await admin.in<{ id: string; invite_url: string }>('POST', '/users', {
      type: 'human',
      email: 'posted@example.com',
      display_name: 'Posted Invite',
      role: 'contributor',
    })
    const [received] = await smtp.mailsTo('posted@example.com')
    expect(received?.mail.subject).toBe('You are invited to Fieldnote · Mission Control')
    expect(received?.mail.text).toContain(made.body.invite_url)
    expect(received?.mail.headers.some(({ key }) => key === 'list-unsubscribe')).toBe(false)
    await settled()
    const database = databaseOf(server)
    const stored = await database`select to_jsonb(e)::text as row from emails e`
    await database.end()
    const token = made.body.invite_url.split('/').at(-1)!
    expect(stored.some(({ row }) => row.includes(token))).toBe(false)
  })
})

describe('a digest', () => {
  test('joins more than five mails that wait; each notification is in one mail', async () => {
    const { address, username } = await member('Busy Reader')
    const posted = await Promise.all(Array.from({ length: 8 }, (_, i) => mention(username, `number ${i}`)))
    const [, received] = await smtp.mailsTo(address, 2)
    await settled()
    expect((await smtp.mailsTo(address)).length).toBe(2)
    expect(received?.mail.subject).toBe('8 notifications · Fieldnote')
    for (const { body } of posted)
      expect(received?.mail.text).toContain(`/channels/${general.id}?seq=${body.seq}\n`)
    const [digest] = (await emails()).filter(({ kind }) => kind === 'digest')
    expect(digest?.notification_ids.length).toBe(8)
  })
})

describe('an unsubscribe link', () => {
  async function linkOf(name: string) {
    const { person, address, username } = await member(name)
    await mention(username)
    const [, received] = await smtp.mailsTo(address, 2)
    const header = received?.mail.headers.find(({ key }) => key === 'list-unsubscribe')?.value ?? ''
    return { person, url: header.slice(1, -1) }
  }
  const preferenceOf = async (person: Person) =>
    (await person.in<{ notification_preferences: { email: string } }>('GET', '/users/me')).body
      .notification_preferences.email

  test('ends the mails by one POST without session, as a form; opening it does not', async () => {
    const { person, url } = await linkOf('One Click')
    await fetch(url)
    await fetch(url, { method: 'HEAD' })
    expect(await preferenceOf(person)).toBe('all')
    const form = new FormData()
    form.set('List-Unsubscribe', 'One-Click')
    for (const body of [new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), form]) {
      const answer = await fetch(url, { method: 'POST', body })
      expect([answer.status, await answer.json()]).toEqual([200, { org_name: 'Fieldnote', email: 'none' }])
      expect(await preferenceOf(person)).toBe('none')
    }
  })

  test('works in a suspended organization; a forged or another body does nothing', async () => {
    const { person, url } = await linkOf('Forged Click')
    const post = (to: string, body: string) =>
      fetch(to, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })
    const forged = url.slice(0, -1) + (url.endsWith('A') ? 'B' : 'A')
    expect((await post(forged, 'List-Unsubscribe=One-Click')).status).toBe(404)
    expect((await post(url, 'List-Unsubscribe=Maybe')).status).toBe(400)
    expect((await post(url, '')).status).toBe(400)
    expect(await preferenceOf(person)).toBe('all')
    await admin.in('POST', '/suspend')
    expect((await post(url, 'List-Unsubscribe=One-Click')).status).toBe(200)
    await admin.in('POST', '/resume')
    expect(await preferenceOf(person)).toBe('none')
  })
})
