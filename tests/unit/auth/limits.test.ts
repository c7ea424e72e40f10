import { describe, expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { cookieNames, parseCookies, sessionCookies } from '../../../src/auth/cookies.ts'
import { passwordProblem, verifyPassword } from '../../../src/auth/passwords.ts'
import { TokenBuckets } from '../../../src/auth/rate-limit.ts'
import { clientIp, isForwarded, isLoopback } from '../../../src/http/client-ip.ts'

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

describe('cookies', () => {
  test('are bound to the host over https, and scripts read the CSRF one only', () => {
    const made = (secure: boolean) => sessionCookies({ token: 't', csrf: 'c', secure, max_age_s: 60 })
    expect(made(true)).toEqual([
      '__Host-mc_session=t; Path=/; Max-Age=60; SameSite=Lax; Secure; HttpOnly',
      '__Host-mc_csrf=c; Path=/; Max-Age=60; SameSite=Lax; Secure',
    ])
    expect(made(false)).toEqual([
      'mc_session=t; Path=/; Max-Age=60; SameSite=Lax; HttpOnly',
      'mc_csrf=c; Path=/; Max-Age=60; SameSite=Lax',
    ])
    expect(cookieNames(true).session).toBe('__Host-mc_session')
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
    expect(passwordProblem('a quiet harbour 42')).toBeUndefined()
  })

  test('of nobody does the work all the same, and is never right', async () => {
    expect(await verifyPassword(null, 'nobody has this password')).toBe(false)
  })
})

describe('an address', () => {
  const from = (forwarded: string | null, peer: string, trusted: string[] = []) =>
    clientIp(
      new Request('http://x', forwarded === null ? {} : { headers: { 'X-Forwarded-For': forwarded } }),
      peer,
      trusted,
    )

  test('is the peer’s, unless the peer is a trusted proxy: then the last that is not', () => {
    expect(from('203.0.113.9', '198.51.100.7')).toBe('198.51.100.7')
    expect(from('203.0.113.9', '10.0.0.1', ['10.0.0.1'])).toBe('203.0.113.9')
    expect(from('6.6.6.6, 203.0.113.9, 10.0.0.2', '10.0.0.1', ['10.0.0.1', '10.0.0.2'])).toBe('203.0.113.9')
    expect(from(null, '::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect([isLoopback('127.0.0.1'), isLoopback('::1'), isLoopback('128.0.0.1')]).toEqual([true, true, false])
    expect(isForwarded(new Request('http://x', { headers: { Forwarded: 'for=1.2.3.4' } }))).toBe(true)
    expect(isForwarded(new Request('http://x'))).toBe(false)
  })
})
