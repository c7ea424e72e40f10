import { beforeAll, expect, test } from 'bun:test'
import PostalMime from 'postal-mime'
import type { Project } from '../../src/contracts/resources.ts'
import { notificationMail } from '../../src/domain/mail/content.ts'
import { compose } from '../../src/workers/mail/compose.ts'
import { type World, world } from './world.ts'

/** Names and titles of others reach the heads of mails and answers, where a line or a word too many has a meaning. */

let w: World
beforeAll(async () => {
  w = await world()
})

const NAMES = [
  'Eve\r\nBcc: all@example.com',
  'Eve\nSubject: other',
  'Eve" <evil@example.org>, "x',
  'Eve <evil@example.org>',
  'group: evil@example.org;',
  '=?utf-8?q?Ines=0D=0ABcc:_all=40example.com?=',
  '=?utf-8?b?SW5lcyBDYXJ2YWxobw==?=',
  'Ü =?utf-8?q?Ines?= Ü',
  'Eve \u2028Bcc: all@example.com',
  'x'.repeat(500),
]

test('a mail has one author, one receiver and one subject, whatever names and titles hold', async () => {
  for (const name of NAMES) {
    const links = { preferences_url: 'https://mc.example/p', unsubscribe_url: 'https://mc.example/u' }
    const item = { title: name, url: 'https://mc.example/t', excerpt: name }
    const raw = await compose({
      message_id: '<1@mc.example>',
      from: { name: `${name} (Mission Control)`, address: 'mc@mc.example' },
      sender: 'mc@mc.example',
      to: { name, address: 'ines@example.com' },
      content: notificationMail({ org_name: name, display_name: name }, [item], links),
      unsubscribe_url: null,
    })
    const mail = await PostalMime.parse(raw)
    expect(mail.from?.address).toBe('mc@mc.example')
    expect(mail.to?.map(({ address }) => address)).toEqual(['ines@example.com'])
    expect([mail.cc, mail.bcc, mail.replyTo]).toEqual([undefined, undefined, undefined])
    const keys = mail.headers.map(({ key }) => key)
    for (const key of ['from', 'to', 'subject']) expect(keys.filter((one) => one === key)).toEqual([key])
    // What a reader decodes is what was written: no other name, and no end of a line.
    for (const shown of [mail.from?.name, mail.to?.[0]?.name, mail.subject]) {
      expect(shown).not.toMatch(/[\r\n\u2028]/)
      if (name.startsWith('=?')) expect(shown).toContain('utf-8?')
    }
  }
})

test('an address that would be two, or hide something, is refused by every field that takes one', async () => {
  for (const email of [
    'eve@example.com,evil.org',
    'eve@example.com;evil.org',
    'eve(x)@example.com',
    '"eve"@example.com',
    'group:eve@example.com',
    'eve\u200b@example.com',
    '\u202eeve@example.com',
    'eve\u0085@example.com',
    'eve\u3164@example.com',
    'eve\ufe0f@example.com',
    'eve\u034f@example.com',
    'eve\u2800@example.com',
    'eve\u{e0041}@example.com',
    'eve@exam\u115fple.com',
  ]) {
    const invite = { type: 'human', email, display_name: 'Eve', role: 'contributor' }
    expect((await w.admin.in('POST', '/users', invite)).status, email).toBe(400)
    const change = { email, current_password: 'a quiet harbour 42' }
    expect((await w.admin.call('POST', '/auth/email', change)).status, email).toBe(400)
    const settings = { notifications: { email_from_address: email } }
    expect((await w.admin.in('PATCH', '', { settings })).status, email).toBe(400)
  }
})

test('a link is a URI when it is told: no sign of it ends an attribute, a header or a line', async () => {
  const wanted = 'https://example.com/a"><img src=x onerror=alert(1)>?q={"x"}#\u202e'
  const { status, body } = await w.admin.in<Project>('POST', '/projects', {
    name: `Links ${crypto.randomUUID()}`,
    type: 'docs',
    links: [{ label: 'x', url: wanted }],
  })
  expect(status).toBe(201)
  const [link] = body.links
  expect(link?.url).toBe(
    'https://example.com/a%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E?q=%7B%22x%22%7D#%E2%80%AE',
  )
  for (const url of [
    'https://example.com/\r\nX: y',
    'https://exa"mple.com/',
    'javascript://example.com/%0aalert(1)',
  ])
    expect(
      (await w.admin.in('PATCH', `/projects/${body.id}`, { links: [{ label: 'x', url }] })).status,
      url,
    ).toBe(400)
})
