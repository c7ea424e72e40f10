import { describe, expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import {
  clearedCookies,
  cookieNames,
  cookieValues,
  parseCookies,
  sessionCookies,
} from '../../../src/auth/cookies.ts'
import { passwordProblem } from '../../../src/auth/passwords.ts'
import { TokenBuckets } from '../../../src/auth/rate-limit.ts'

describe('a token bucket', () => {
  test('lets the burst through, then what flows in, and says how long to wait', () => {
    let now = 0
    const buckets = new TokenBuckets(() => now)
    const rate = { per_minute: 60, burst: 3 }
    const take = () => buckets.take('a', rate)
    expect([take(), take(), take()].map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
    ])
    expect(take()).toEqual({ allowed: false, limit: 3, remaining: 0, reset_s: 3, retry_after_s: 1 })
    expect(buckets.take('b', rate).allowed).toBe(true)
    now = 999
    expect(take().allowed).toBe(false)
    now = 1_000
    expect(take().allowed).toBe(true)
    now = 60_000
    expect(take().remaining).toBe(2)
    // A clock that steps back gives nothing and takes nothing.
    now = 0
    expect(take().remaining).toBe(1)
  })
})

describe('a back-off', () => {
  test('costs nothing at first, then doubles up to its bound, and is forgotten', () => {
    let now = 0
    const failures = new BackOff(() => now, { free: 2, first_ms: 1_000, max_ms: 4_000, forget_ms: 60_000 })
    const waits: number[] = []
    for (let i = 0; i < 6; i++) {
      failures.failed('a')
      waits.push(failures.wait('a'))
    }
    expect(waits).toEqual([0, 0, 1, 2, 4, 4])
    expect(failures.wait('b')).toBe(0)
    now = 4_000
    expect(failures.wait('a')).toBe(0)
    failures.failed('a')
    expect(failures.wait('a')).toBe(4)
    failures.succeeded('a')
    expect(failures.wait('a')).toBe(0)
  })
})

test('an evicted bucket starts full, and the least recently used goes first', () => {
  const buckets = new TokenBuckets(() => 0, 2)
  const rate = { per_minute: 60, burst: 1 }
  for (const key of ['a', 'b']) buckets.take(key, rate)
  expect(buckets.take('a', rate).allowed).toBe(false)
  buckets.take('c', rate)
  expect(buckets.take('a', rate).allowed).toBe(false)
  expect(buckets.take('b', rate).allowed).toBe(true)
})

test('the keys of a back-off are bounded: the least recently failed is forgotten', () => {
  const failures = new BackOff(() => 0, { free: 0, first_ms: 1_000, max_ms: 1_000, forget_ms: 60_000 }, 2)
  for (const key of ['a', 'b']) failures.failed(key)
  expect(failures.wait('a')).toBe(1)
  failures.failed('c')
  expect(['a', 'b', 'c'].map((key) => failures.wait(key))).toEqual([0, 1, 1])
})

describe('cookies', () => {
  test('are bound to the host over https, else to the installation, and scripts read the CSRF one only', () => {
    const made = (secure: boolean) =>
      sessionCookies({ secure, installation: 'id', base_path: '' }, { token: 't', csrf: 'c', max_age_s: 60 })
    expect(made(true)).toEqual([
      '__Host-mc_session=t; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly',
      '__Host-mc_csrf=c; Path=/; Max-Age=60; SameSite=Lax; Secure',
    ])
    expect(made(false)).toEqual([
      'mc_session_id=t; Path=/; Max-Age=60; SameSite=Lax; HttpOnly',
      'mc_session=t; Path=/; Max-Age=60; SameSite=Lax; HttpOnly',
      'mc_csrf_id=c; Path=/; Max-Age=60; SameSite=Lax',
      'mc_csrf=c; Path=/; Max-Age=60; SameSite=Lax',
    ])
    expect(clearedCookies({ secure: false, installation: 'id', base_path: '' })).toContain(
      'mc_session_id=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly',
    )
  })

  test('below a base path are sent to no other program of the host', () => {
    const scope = { secure: true, installation: 'id', base_path: '/mc' }
    expect(sessionCookies(scope, { token: 't', csrf: 'c', max_age_s: 60 })).toEqual([
      '__Secure-mc_session=t; Path=/mc; Max-Age=60; SameSite=Lax; Secure; HttpOnly',
      '__Secure-mc_csrf=c; Path=/mc; Max-Age=60; SameSite=Lax; Secure',
    ])
    expect(sessionCookies({ ...scope, secure: false }, { token: 't', csrf: 'c', max_age_s: 60 })[0]).toBe(
      'mc_session_id=t; Path=/mc; Max-Age=60; SameSite=Lax; HttpOnly',
    )
  })

  test('of the installation come before the plain ones, which may be those of another server', () => {
    const { session } = cookieNames({ secure: false, installation: 'id', base_path: '' })
    expect(cookieValues('mc_session=plain; mc_session_other=2; mc_session_id=own', session)).toEqual([
      'own',
      'plain',
    ])
    expect(cookieValues('mc_session_other=2', session)).toEqual([])
  })

  test('are read with bounds: the first of a name counts, endless headers are not looked at', () => {
    expect(parseCookies('a=1; a=2; b = 3 ;=x; c').get('a')).toBe('1')
    expect(parseCookies('a=1; b = 3 ').get('b')).toBe('3')
    expect(parseCookies(`a=1; b=${'x'.repeat(20_000)}`).size).toBe(0)
    expect(parseCookies(Array.from({ length: 500 }, (_, i) => `n${i}=1`).join(';')).size).toBe(64)
  })
})

describe('a password', () => {
  test('has ten characters, and is none of those that are tried first', () => {
    for (const bad of [
      'short',
      'password123',
      'aaaaaaaaaaaa',
      'abcdefghijkl',
      '1234567890',
      'x'.repeat(1_025),
    ])
      expect([bad, passwordProblem(bad) !== undefined]).toEqual([bad, true])
    expect(passwordProblem('ines.carvalho', { email: 'ines.carvalho@example.com' })).toBeDefined()
    expect(passwordProblem('ines.carvalho@example.com', { email: 'ines.carvalho@example.com' })).toBeDefined()
    expect(passwordProblem('a quiet harbour 42')).toBeUndefined()
  })
})
