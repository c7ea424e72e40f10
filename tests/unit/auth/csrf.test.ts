import { describe, expect, test } from 'bun:test'
import { checkCsrf, csrfToken, sameOrigin } from '../../../src/auth/csrf.ts'

const OWN = 'http://localhost:3000'
const APP = 'https://app.example.com'

const secret = new TextEncoder().encode('a secret that is long enough to be one')

describe('a page', () => {
  const from = (origin: string | null, sec_fetch_site: string | null = null) =>
    sameOrigin({ origin, sec_fetch_site, own_origins: [OWN], cors_origins: [APP] })

  test('is ours by its origin and by what the browser says of it; programs say neither', () => {
    expect(from(null)).toBe(true)
    expect(from(OWN)).toBe(true)
    expect(from(OWN, 'same-origin')).toBe(true)
    expect(from(null, 'same-origin')).toBe(true)
    expect(from(null, 'none')).toBe(true)
  })

  test('is foreign when one of them says so', () => {
    for (const origin of [
      'https://evil.example',
      'null',
      '',
      'http://localhost:3001',
      'https://localhost:3000',
    ])
      expect([origin, from(origin)]).toEqual([origin, false])
    for (const site of ['cross-site', 'same-site', 'nonsense']) {
      expect([site, from(null, site)]).toEqual([site, false])
      expect([site, from(OWN, site)]).toEqual([site, false])
    }
  })

  test('of a listed origin is another site by nature', () => {
    expect(from(APP, 'cross-site')).toBe(true)
    expect(from('https://app.example.com.evil.example', 'cross-site')).toBe(false)
  })
})

test('a CSRF token is good for its session, as cookie and header alike', () => {
  const token = csrfToken(secret, 'session')
  const other = csrfToken(secret, 'other')
  expect(checkCsrf([secret], 'session', [token], token)).toBe(true)
  expect(checkCsrf([secret], 'session', [other], other)).toBe(false)
  expect(checkCsrf([secret], 'session', [token], other)).toBe(false)
  // Both are good, but a page that can set a cookie cannot read the other one.
  expect(checkCsrf([secret], 'session', [csrfToken(secret, 'session')], token)).toBe(false)
  expect(checkCsrf([secret], 'session', [], token)).toBe(false)
  expect(checkCsrf([secret], 'session', [token], undefined)).toBe(false)
  expect(checkCsrf([new Uint8Array(32)], 'session', [token], token)).toBe(false)
  expect(checkCsrf([new Uint8Array(32), secret], 'session', [token], token)).toBe(true)
  expect(checkCsrf([], 'session', [token], token)).toBe(false)
})
