import { describe, expect, test } from 'bun:test'
import { SignJWT } from 'jose'
import type { Secrets } from '../../../src/auth/secrets.ts'
import { SessionTokens } from '../../../src/auth/session-tokens.ts'
import { SESSION_MS, Sessions, TOKEN_MS } from '../../../src/auth/sessions.ts'
import { MemorySessionStore } from '../../support/memory-session-store.ts'

const bytes = (text: string) => new TextEncoder().encode(text.padEnd(48, '.'))
const FIRST = { kid: 'first', secret: bytes('the first secret') }
const SECOND = { kid: 'second', secret: bytes('the second secret') }

function world(jwt: Secrets['jwt'] = [FIRST]) {
  const time = { now: Date.UTC(2026, 0, 1), hears: true }
  const store = new MemorySessionStore(() => time.now)
  const { rows } = store
  const tokens = new SessionTokens({ jwt, pepper: bytes('pepper'), installation: 'id' }, () => time.now)
  let ids = 0
  const sessions = new Sessions(
    store,
    tokens,
    () => time.now,
    () => `id-${++ids}`,
    () => time.hears,
  )
  const start = () =>
    sessions.start(
      'user',
      { ip: '127.0.0.1', user_agent: 'test' },
      { method: 'password', hosted_domain: null },
    )
  return { time, rows, sessions, tokens, start }
}

async function refreshed(answer: ReturnType<Sessions['refresh']>) {
  const next = await answer
  if ('refusal' in next) throw new Error(next.refusal)
  return next
}

describe('a session token', () => {
  const claims = { sid: 'session', sub: 'user', jti: 'jti' }
  const signed = (
    header: { alg: string; kid?: string },
    secret: Uint8Array,
    more: Record<string, unknown> = {},
  ) =>
    new SignJWT({ aud: 'mission-control', iat: 1, exp: 4_000_000_000, ...claims, ...more })
      .setProtectedHeader(header)
      .sign(secret)

  test('is good when one of our keys signed it with HS256, and whole', async () => {
    const { tokens } = world([FIRST, SECOND])
    for (const { kid, secret } of [FIRST, SECOND])
      expect(await tokens.verify(await signed({ alg: 'HS256', kid }, secret))).toMatchObject(claims)
  })

  test('of another key, algorithm, audience or shape is none', async () => {
    const { tokens } = world()
    const plain = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${plain({ alg: 'none', kid: 'first' })}.${plain({ aud: 'mission-control', exp: 4e9, iat: 1, ...claims })}.`
    for (const token of [
      unsigned,
      await signed({ alg: 'HS256', kid: 'first' }, SECOND.secret),
      await signed({ alg: 'HS512', kid: 'first' }, bytes('the first secret'.padEnd(64, '.'))),
      await signed({ alg: 'HS256', kid: 'unknown' }, FIRST.secret),
      await signed({ alg: 'HS256' }, FIRST.secret),
      await signed({ alg: 'HS256', kid: 'first' }, FIRST.secret, { aud: 'another' }),
      await signed({ alg: 'HS256', kid: 'first' }, FIRST.secret, { sid: undefined }),
      // One token has one spelling.
      `${await signed({ alg: 'HS256', kid: 'first' }, FIRST.secret)}=`,
      '',
      'a.b.c',
      'x'.repeat(2_000),
    ])
      expect(await tokens.verify(token)).toBe('invalid')
  })

  test('carries no role, lasts an hour, and then says that it is over', async () => {
    const { time, sessions, start } = world()
    const { token, token_expires_at } = await start()
    const payload = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'exp', 'iat', 'jti', 'sid', 'sub'])
    expect(token_expires_at).toBe(time.now + TOKEN_MS)
    time.now += TOKEN_MS - 1
    expect(await sessions.authenticate(token)).toMatchObject({ user_id: 'user' })
    time.now += 1
    expect(await sessions.authenticate(token)).toEqual({ refusal: 'SESSION_EXPIRED' })
  })
})

describe('a session', () => {
  test('is refreshed by twenty at once: all get the successor, nobody is signed out', async () => {
    const { sessions, start, rows } = world()
    const { token, session_id } = await start()
    const next = await Promise.all(Array.from({ length: 20 }, () => refreshed(sessions.refresh(token))))
    for (const { token: each } of next)
      expect(await sessions.authenticate(each)).toMatchObject({ user_id: 'user', session_id })
    const again = await Promise.all(next.map(({ token: each }) => refreshed(sessions.refresh(each))))
    expect(again).toHaveLength(20)
    expect(rows.get(session_id)?.revoked_at).toBeNull()
  })

  test('D12 that ended on another node ends here within a second, and at once while nothing is heard of it', async () => {
    const { time, sessions, start, rows } = world()
    for (const hears of [true, false]) {
      time.hears = hears
      const { token, session_id } = await start()
      await sessions.authenticate(token)
      rows.set(session_id, { ...rows.get(session_id)!, revoked_at: new Date(time.now).toISOString() })
      if (hears) {
        expect(await sessions.authenticate(token)).toMatchObject({ session_id })
        sessions.forget(session_id)
      }
      expect(await sessions.authenticate(token)).toEqual({ refusal: 'SESSION_REVOKED' })
    }
  })

  test('ends when a replaced token is refreshed after its thirty seconds: somebody copied it', async () => {
    const { time, sessions, start } = world()
    const ended: string[] = []
    sessions.onEnded({ session: (id) => ended.push(id), some: () => undefined })
    const { token, session_id } = await start()
    const next = await refreshed(sessions.refresh(token))
    time.now += 29_999
    await refreshed(sessions.refresh(token))
    time.now += 1
    expect(await sessions.refresh(token)).toEqual({ refusal: 'SESSION_REVOKED' })
    expect(ended).toEqual([session_id])
    expect(await sessions.authenticate(next.token)).toEqual({ refusal: 'SESSION_REVOKED' })
  })

  test('ends after seven days, however often it was refreshed', async () => {
    const { time, sessions, start } = world()
    let { token } = await start()
    const began_at = time.now
    while (time.now < began_at + SESSION_MS - TOKEN_MS) {
      time.now += TOKEN_MS - 60_000
      const next = await refreshed(sessions.refresh(token))
      expect(next.session_expires_at).toBe(began_at + SESSION_MS)
      expect(next.token_expires_at).toBeLessThanOrEqual(began_at + SESSION_MS)
      token = next.token
    }
    time.now = began_at + SESSION_MS
    expect(await sessions.authenticate(token)).toEqual({ refusal: 'SESSION_EXPIRED' })
    expect(await sessions.refresh(token)).toEqual({ refusal: 'SESSION_EXPIRED' })
  })

  test('that was revoked elsewhere is noticed within a second, here at once', async () => {
    const { time, rows, sessions, start } = world()
    const { token, session_id } = await start()
    await sessions.authenticate(token)
    rows.get(session_id)!.revoked_at = new Date(time.now).toISOString()
    time.now += 1_000
    expect(await sessions.authenticate(token)).toEqual({ refusal: 'SESSION_REVOKED' })
    const other = await start()
    await sessions.authenticate(other.token)
    await sessions.revoke(other.session_id)
    expect(await sessions.authenticate(other.token)).toEqual({ refusal: 'SESSION_REVOKED' })
  })

  test('of somebody else is not opened by a token that names it', async () => {
    const { tokens, sessions, start } = world()
    const { session_id } = await start()
    const forged = await tokens.sign({ sub: 'another', sid: session_id, jti: 'x', exp: 4_000_000_000 })
    expect(await sessions.authenticate(forged)).toEqual({ refusal: 'SESSION_REVOKED' })
  })
})
