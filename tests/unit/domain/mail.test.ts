import { describe, expect, test } from 'bun:test'
import { LANGUAGES } from '../../../src/contracts/vocabulary.ts'
import { placeOf } from '../../../src/domain/mail/app-links.ts'
import { inviteMail, notificationMail } from '../../../src/domain/mail/content.ts'
import { DIGEST_WINDOW_MS, planMail } from '../../../src/domain/mail/digest.ts'
import { oneLine, shortened } from '../../../src/domain/mail/mail-text.ts'
import { isMailed, type Recipient } from '../../../src/domain/mail/recipients.ts'
import { MAIL_TEXTS } from '../../../src/domain/mail/texts/index.ts'
import { paths } from '../../../ui/src/paths.ts'

const NOW = Date.parse('2026-11-28T12:00:00.000Z')
const minutes = (n: number) => NOW - n * 60_000

describe('mails of one member', () => {
  test('up to five that wait are sent one by one, more become one', () => {
    expect(planMail({ waiting: 5, held: false }, [], NOW)).toEqual({ send: 'one' })
    expect(planMail({ waiting: 6, held: false }, [], NOW)).toEqual({ send: 'digest' })
    expect(planMail({ waiting: 6, held: false }, [1, 1, 1, 1, 1].map(minutes), NOW)).toEqual({
      send: 'digest',
    })
  })

  test('after five within the window the next ones wait for its end, and then become one', () => {
    const sent = [4, 3, 2, 1, 1].map(minutes)
    const wait_until = minutes(4) + DIGEST_WINDOW_MS
    expect(planMail({ waiting: 1, held: false }, sent, NOW)).toEqual({ wait_until })
    expect(planMail({ waiting: 3, held: true }, sent, wait_until)).toEqual({ send: 'digest' })
    expect(planMail({ waiting: 1, held: true }, sent, wait_until)).toEqual({ send: 'one' })
    expect(planMail({ waiting: 1, held: false }, [6, 5, 2, 1, 1].map(minutes), NOW)).toEqual({ send: 'one' })
  })
})

describe('a notification is mailed', () => {
  const settings = {
    enabled_channels: ['email' as const],
    default_channel: 'email' as const,
    email_from_address: null,
  }
  const una: Recipient = { type: 'human', status: 'active', preference: 'all', preference_chosen: false }
  const cases: [Partial<Recipient>, Partial<typeof settings> | { default_channel: null }, string][] = [
    [{}, {}, 'both'],
    [{ preference: 'mentions', preference_chosen: true }, {}, 'mention'],
    [{ preference: 'none', preference_chosen: true }, {}, 'none'],
    [{}, { default_channel: null }, 'none'],
    [{ preference_chosen: true }, { default_channel: null }, 'both'],
    [{ preference_chosen: true }, { enabled_channels: [] }, 'none'],
    [{ type: 'agent' }, {}, 'none'],
    [{ status: 'invited' }, {}, 'none'],
    [{ status: 'deactivated' }, {}, 'none'],
  ]
  test.each(cases)('to %j with %j: %s', (recipient, org, expected) => {
    const mailed = (type: 'message.mention' | 'task.assigned') =>
      isMailed(type, { ...una, ...recipient }, { ...settings, ...org })
    const both = [mailed('message.mention'), mailed('task.assigned')]
    expect(both).toEqual([expected !== 'none', expected === 'both'])
  })

  test('never about what stays in the app', () => {
    for (const type of [
      'task.transitioned',
      'task.unblocked',
      'project.transitioned',
      'export.ready',
    ] as const)
      expect(isMailed(type, { ...una, preference_chosen: true }, settings)).toBe(false)
  })
})

describe('the text of a mail', () => {
  const frame = { org_name: 'Field <note>', display_name: 'Una "U" Berg' }
  const links = { preferences_url: 'https://mc.example/p', unsubscribe_url: 'https://mc.example/u?token=x' }

  test('a subject is one line, whatever a name contains', () => {
    const title = 'Task\r\nBcc: all@example.com\u2028next\u202Eright\0'
    const { subject } = notificationMail(frame, [{ title, url: 'https://x.example', excerpt: null }], links)
    expect(subject).toBe('Task Bcc: all@example.com next right · Field <note>')
  })

  test('what people wrote is text in HTML', () => {
    const excerpt = `<img src=x onerror="alert(1)"> & 'quoted'`
    const { html } = notificationMail(
      frame,
      [{ title: '<b>', url: 'https://x.example/?a=1&b="', excerpt }],
      links,
    )
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<b>')
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;quoted&#39;')
    expect(html).toContain('href="https://x.example/?a=1&amp;b=&quot;"')
  })

  test('long texts are cut between visible characters, long digests counted', () => {
    expect(shortened('a'.repeat(9), 9)).toBe('aaaaaaaaa')
    const family = '👨‍👩‍👧‍👦'
    expect(shortened(family.repeat(10), 24)).toBe(`${family.repeat(2)}…`)
    expect(oneLine(' a \n\t b ')).toBe('a b')
    const items = Array.from({ length: 60 }, (_, i) => ({
      title: `n${i}`,
      url: 'https://x.example',
      excerpt: null,
    }))
    const { subject, text, html } = notificationMail(frame, items, links)
    expect(subject).toStartWith('60 notifications · ')
    for (const body of [text, html]) expect(body).toContain('And 10 more in Mission Control.')
  })

  test('an invite says until when its link works', () => {
    const invite = { url: 'https://mc.example/invite/t', expires_at: '2026-12-05T14:05:00.000Z' }
    const { subject, text } = inviteMail(frame, invite)
    expect(subject).toBe('You are invited to Field <note> · Mission Control')
    expect(text).toContain('https://mc.example/invite/t\n')
    expect(text).toContain('until 2026-12-05 14:05 UTC')
  })
})

describe('the language of a mail', () => {
  const flat = (tree: object, path = ''): [string, unknown][] =>
    Object.entries(tree).flatMap(([name, value]) =>
      typeof value === 'object' ? flat(value, `${path}${name}.`) : [[path + name, value]],
    )
  /** The text of a name, with a word for each value. */
  const said = (text: unknown) =>
    typeof text === 'function'
      ? String(text(...Array.from({ length: text.length }, (_, at) => `<${at}>`)))
      : String(text)

  test('every language has each text, with the same values, and none is left in English', () => {
    const english = flat(MAIL_TEXTS.en)
    for (const language of LANGUAGES) {
      const texts = new Map(flat(MAIL_TEXTS[language]))
      expect([...texts.keys()]).toEqual(english.map(([name]) => name))
      for (const [name, text] of english) {
        const theirs = said(texts.get(name))
        expect([name, theirs.trim() === '']).toEqual([name, false])
        expect([name, [...theirs.matchAll(/<\d>/g)].map(String).sort()]).toEqual([
          name,
          [...said(text).matchAll(/<\d>/g)].map(String).sort(),
        ])
        // The name of a channel stands behind its title in both.
        if (language !== 'en' && name !== 'notifications.in_channel')
          expect([name, theirs]).not.toEqual([name, said(text)])
      }
    }
  })

  test('texts and titles are in the language of the member, what people wrote stays', () => {
    const links = { preferences_url: 'https://mc.example/p', unsubscribe_url: 'https://mc.example/u' }
    const items = [
      {
        title: 'Una mentioned you',
        channel_name: 'general',
        url: 'https://mc.example/1',
        excerpt: 'Have a look',
      },
      { title: '“Ship it” was assigned to you', url: 'https://mc.example/2', excerpt: null },
      { title: 'Of a later version', url: 'https://mc.example/3', excerpt: null },
    ]
    const mail = notificationMail(
      { org_name: 'Fieldnote', display_name: 'Bert', language: 'de' },
      items,
      links,
    )
    expect(mail.subject).toBe('3 Benachrichtigungen · Fieldnote')
    for (const line of [
      'Erwähnung von Una in #general',
      '> Have a look',
      '„Ship it“ wurde zugewiesen',
      'Of a later version',
      'Diese E-Mail kommt wegen der Mitgliedschaft in Fieldnote.',
    ])
      expect(mail.text.split('\n')).toContain(line)
    expect(mail.html).toContain('<html lang="de">')
    const invite = { url: 'https://mc.example/invite/t', expires_at: '2026-12-05T14:05:00.000Z' }
    const frame = { org_name: 'Fieldnote', display_name: 'Bert' }
    expect(inviteMail({ ...frame, language: 'de' }, invite).subject).toBe(
      'Einladung zu Fieldnote · Mission Control',
    )
    for (const language of [null, 'en'] as const)
      expect(inviteMail({ ...frame, language }, invite)).toEqual(inviteMail(frame, invite))
  })
})

test('links lead where those of the app do', () => {
  const resource = { id: 'i', channel_id: 'c', seq: 7 }
  const of = (type: 'message' | 'task' | 'project' | 'sub_agent' | 'export') =>
    placeOf('https://mc.example', 'slug', { ...resource, type })
  const at = (path: string) => `https://mc.example${path}`
  expect([of('message'), of('task'), of('project'), of('sub_agent'), of('export')]).toEqual([
    at(paths.channel('slug', 'c', 7)),
    at(paths.task('slug', 'i')),
    at(paths.project('slug', 'i')),
    at(paths.agents('slug')),
    at(paths.settings('slug', 'export')),
  ])
})
