import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

const EMAIL = 'ines@example.com'

let server: TestServer
let admin: Person

/** Limits are on. */
beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'on' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

const attempt = (password: string, email = EMAIL) =>
  new Person(server.url).call('POST', '/auth/password', { email, password })

// At once, because the address earns a new attempt every six seconds; set-up was the first of its ten.
test('nine failures get the same words, the others wait; one row a minute tells administrators of them', async () => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      attempt('not the password', i % 3 ? EMAIL : `nobody${i}@example.com`),
    ),
  )
  const failed = answers.filter(({ status }) => status === 401)
  expect(failed.length).toBeGreaterThanOrEqual(9)
  expect(new Set(failed.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  const refused = answers.filter(({ status }) => status === 429)
  expect(failed.length + refused.length).toBe(answers.length)
  const [over] = refused
  expect(over?.body).toMatchObject({ error: { code: 'RATE_LIMITED', status: 429 } })
  expect(Number(over?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(over?.headers.get('ratelimit-limit')).toBe('10')
  expect(over?.headers.get('ratelimit-remaining')).toBe('0')
  const failures = async () =>
    (
      await admin.in<{ data: { payload: Record<string, unknown> }[] }>(
        'GET',
        '/events?type=auth.login_failure',
      )
    ).body.data
  await until(async () => (await failures()).length > 0, 'the row')
  const rows = await failures()
  expect(rows).toHaveLength(1)
  expect(rows[0]?.payload).toMatchObject({
    user_id: admin.user_id,
    count: 1,
    ip: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
    user_agent: expect.any(String),
  })
})

test('twenty refreshes of one token at once sign nobody out', async () => {
  const headers = { Cookie: admin.cookieHeader, 'X-CSRF-Token': admin.cookies.get('mc_csrf') ?? '' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${server.url}/auth/refresh`, { method: 'POST', headers })),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
  for (const answer of answers) {
    const [session, plain_session, csrf, plain_csrf] = answer.headers.getSetCookie()
    expect(session).toMatch(/^mc_session_[0-9a-f]{8}=\S+; Path=\/; Max-Age=\d+; SameSite=Lax; HttpOnly$/)
    expect(plain_session).toBe(session?.replace(/^mc_session_[0-9a-f]{8}=/, 'mc_session='))
    expect(csrf).toMatch(/^mc_csrf_[0-9a-f]{8}=\S+; Path=\/; Max-Age=\d+; SameSite=Lax$/)
    expect(plain_csrf).toBe(csrf?.replace(/^mc_csrf_[0-9a-f]{8}=/, 'mc_csrf='))
    const me = await fetch(`${server.url}/auth/me`, { headers: { Cookie: session!.split(';')[0]! } })
    expect(me.status).toBe(200)
  }
})
