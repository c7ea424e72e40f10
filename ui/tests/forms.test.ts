import { describe, expect, test } from 'bun:test'
import { ApiFailure, failureOf } from '../src/api/failure.ts'
import { csrfToken } from '../src/api/http.ts'
import { assignHues, hueOf, initials, spokenName } from '../src/components/base/identity.ts'
import { strengthOf } from '../src/components/base/password-strength.ts'
import { slugFrom, slugProblem } from '../src/components/base/slug.ts'
import { excerpt } from '../src/components/chat/excerpt.ts'
import { memberRows } from '../src/components/members/member-rows.ts'
import { user } from './support/samples.ts'

describe('addresses made from names', () => {
  test.each([
    ['Fieldnote', 'fieldnote'],
    ['  Søren & Söhne GmbH ', 's-ren-sohne-gmbh'],
    ['São Paulo — Norte', 'sao-paulo-norte'],
    ['东京', ''],
    ['x'.repeat(80), 'x'.repeat(50)],
  ])('%j', (name, slug) => {
    expect(slugFrom(name)).toBe(slug)
  })

  test('are checked as the server checks them', () => {
    expect(slugProblem('fieldnote')).toBeUndefined()
    for (const bad of ['', 'ab', '-abc', 'abc-', 'Abc', 'a b c', 'api', 'login', 'x'.repeat(51)])
      expect(slugProblem(bad)).toBeString()
  })
})

describe('answers of the server', () => {
  test('carry code, fields and how long to wait', () => {
    const body = {
      error: {
        code: 'VALIDATION_FAILED',
        message: 'Bad.',
        status: 400,
        details: [{ path: '/email', message: 'Is taken.' }],
      },
    }
    const failure = failureOf(400, body, null)
    expect(failure.code).toBe('VALIDATION_FAILED')
    expect(failure.problem('/email')).toBe('Is taken.')
    expect(failure.problem('/name')).toBeUndefined()
    expect(
      failureOf(429, { error: { code: 'RATE_LIMITED', message: 'Wait.', status: 429 } }, '7'),
    ).toMatchObject({ retry_after_s: 7, transient: true })
  })

  test('that are not ours are told apart', () => {
    for (const body of [undefined, '<html>', {}, { error: 'x' }, { error: { code: 7 } }]) {
      expect(failureOf(500, body, null).code).toBe('UNREADABLE')
      expect([502, 503, 504].map((status) => failureOf(status, body, null).code)).toEqual([
        'NETWORK',
        'NETWORK',
        'NETWORK',
      ])
    }
    expect(new ApiFailure('NETWORK', 'x').transient).toBe(true)
    expect(failureOf(403, undefined, null).transient).toBe(false)
  })

  test('the CSRF token is read from the cookie of the host or of the installation, else from the plain one', () => {
    expect(csrfToken('a=1; mc_csrf=to%2Bken; b=2')).toBe('to+ken')
    expect(csrfToken('__Host-mc_csrf=x=y')).toBe('x=y')
    const shared = 'mc_csrf=other; mc_csrf_b=two; mc_csrf_a=one'
    expect(csrfToken(shared, 'a')).toBe('one')
    expect(csrfToken(shared, 'c')).toBe('other')
    const secure = '__Secure-mc_csrf=below; __Host-mc_csrf=root'
    expect(csrfToken(secure, 'a', '/mc')).toBe('below')
    expect(csrfToken(secure, 'a')).toBe('root')
    expect(csrfToken('mc_csrf_a=below; mc_csrf_a=root', 'a', '/mc')).toBe('below')
    expect(csrfToken('not_mc_csrf=1')).toBeUndefined()
    expect(csrfToken('')).toBeUndefined()
  })
})

describe('faces', () => {
  test('people have initials, agents the beginning of their name', () => {
    expect(initials({ type: 'human', display_name: 'Ines Carvalho' })).toBe('IC')
    expect(initials({ type: 'human', display_name: 'Madonna' })).toBe('MA')
    expect(initials({ type: 'human', display_name: 'Jean Paul van Damme' })).toBe('JD')
    expect(initials({ type: 'agent', display_name: 'Release Scribe' })).toBe('re')
    expect(initials({ type: 'human', display_name: '🦊' })).toBe('?')
    expect(initials({ type: 'human', display_name: '東京 太郎' })).toBe('東太')
  })

  test('ids that differ in their last digits only spread over all six colours', () => {
    const counts = new Map<string, number>()
    for (let at = 0; at < 600; at++) {
      const hue = hueOf(`01a20e5c-fe1e-71f6-8722-${String(at).padStart(12, '0')}`)
      counts.set(hue, (counts.get(hue) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(60)
      expect(count).toBeLessThan(140)
    }
  })

  test('the first six of an org differ, and nobody changes colour when others join', () => {
    const ids = Array.from(
      { length: 20 },
      (_, at) => `01a20e5c-fe1e-71f6-8722-${String(at).padStart(12, '0')}`,
    )
    const all = assignHues(ids)
    expect(new Set(ids.slice(0, 6).map((id) => all.get(id))).size).toBe(6)
    expect(new Set(ids.slice(6, 12).map((id) => all.get(id))).size).toBe(6)
    for (let count = 1; count < ids.length; count++)
      for (const [id, hue] of assignHues(ids.slice(0, count))) expect(all.get(id)).toBe(hue)
    expect(assignHues([...ids].reverse())).toEqual(all)
  })

  test('what the shape says is said in words too', () => {
    expect(spokenName({ type: 'agent', display_name: 'forge' })).toBe('forge, agent')
  })
})

test('the strength meter grows with length and variety', () => {
  const filled = [
    '',
    'short',
    'aaaaaaaaaaaaaaa',
    'abcdefghij',
    'correct horse',
    'correct Horse battery 9',
  ].map((one) => strengthOf(one).filled)
  expect(filled).toEqual([0, 1, 1, 2, 3, 4])
})

test('an excerpt is one line of plain words', () => {
  expect(excerpt('**Yes.** `x()`\n\n```ts\nlong code\n```\n> done')).toBe('Yes. x() code done')
  expect(excerpt('a'.repeat(200))).toHaveLength(80)
})

describe('the table of members', () => {
  const rows = [
    user({
      id: '1',
      display_name: 'Zoe',
      username: 'zoe',
      role: 'administrator',
      last_active_at: '2026-11-19T12:00:00.000Z',
    }),
    user({ id: '2', display_name: 'adam', username: 'adam', email: 'adam@x.example', last_active_at: null }),
    user({
      id: '3',
      display_name: 'forge',
      username: 'forge',
      type: 'agent',
      last_active_at: '2026-11-19T13:00:00.000Z',
    }),
  ]
  const names = (filter: Partial<Parameters<typeof memberRows>[1]>) =>
    memberRows(rows, { kind: 'all', text: '', sort: 'name', descending: false, ...filter }).map(
      ({ username }) => username,
    )

  test('sorts by name, role and activity, both ways', () => {
    expect(names({})).toEqual(['adam', 'forge', 'zoe'])
    expect(names({ descending: true })).toEqual(['zoe', 'forge', 'adam'])
    expect(names({ sort: 'role' })).toEqual(['zoe', 'adam', 'forge'])
    expect(names({ sort: 'activity' })).toEqual(['forge', 'zoe', 'adam'])
  })

  test('filters by kind and by any part of name, username or e-mail', () => {
    expect(names({ kind: 'agent' })).toEqual(['forge'])
    expect(names({ text: ' X.EXAMPLE' })).toEqual(['adam'])
    expect(names({ text: 'nobody' })).toEqual([])
  })
})
