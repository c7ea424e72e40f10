/** Guesses that come at once, each from an address of its own: none may be free because the others have not failed yet. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { totpCode, totpStep } from '../../src/auth/totp.ts'
import { join, PASSWORD, Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const GUESSES = 60
/** Six, and one more after 1, 2, 4… seconds: on a server that takes four minutes for them. How many exactly is a unit test. */
const LOOKED_MAX = 14
const EMAIL = 'guarded.one@example.com'

let server: TestServer
let secret: Buffer

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'on', MC_TRUSTED_PROXIES: '127.0.0.1,::1' } })
  const admin = await setUp(server)
  const guarded = await join(admin, 'Guarded One')
  const begun = await guarded.call<{ secret: string }>('POST', '/auth/second-factor', {
    current_password: PASSWORD,
  })
  secret = decoded(begun.body.secret)
  const code = totpCode(secret, totpStep(Date.now()))
  expect((await guarded.call('POST', '/auth/second-factor/confirm', { code })).status).toBe(200)
})
afterAll(() => server.stop())

function decoded(base32: string): Buffer {
  const bits = [...base32]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The statuses of requests that are all under way at the same time. */
async function atOnce(path: string, bodyOf: (i: number) => object): Promise<number[]> {
  const answers = await Promise.all(
    Array.from({ length: GUESSES }, (_, i) =>
      new Person(server.url).call('POST', path, bodyOf(i), { 'X-Forwarded-For': `203.0.113.${i + 1}` }),
    ),
  )
  return answers.map(({ status }) => status)
}

const looked = (statuses: number[]) => statuses.filter((status) => status !== 429).length

test('codes of a second factor, by whoever knows the password', async () => {
  const first = await new Person(server.url).call<{ second_factor: { token: string } }>(
    'POST',
    '/auth/password',
    { email: EMAIL, password: PASSWORD },
  )
  const { token } = first.body.second_factor
  const right = new Set([-1, 0, 1, 2].map((step) => totpCode(secret, totpStep(Date.now()) + step)))
  const wrong = Array.from({ length: 200 }, (_, i) => String(i).padStart(6, '0')).filter((c) => !right.has(c))
  const statuses = await atOnce('/auth/second-factor/verify', (i) => ({ token, code: wrong[i] }))
  expect(looked(statuses)).toBeGreaterThan(0)
  expect(looked(statuses)).toBeLessThanOrEqual(LOOKED_MAX)
})

test('recovery codes', async () => {
  const first = await new Person(server.url).call<{ second_factor: { token: string } }>(
    'POST',
    '/auth/password',
    { email: EMAIL, password: PASSWORD },
    { 'X-Forwarded-For': '198.51.100.7' },
  )
  const { token } = first.body.second_factor
  const statuses = await atOnce('/auth/second-factor/verify', (i) => ({ token, code: `aaaa-bbbb-cccc-${i}` }))
  expect(looked(statuses)).toBeLessThanOrEqual(LOOKED_MAX)
})

test('passwords: an account takes ten a minute, wherever they come from', async () => {
  const statuses = await atOnce('/auth/password', (i) => ({
    email: 'ines@example.com',
    password: `a guess of ${i} 1`,
  }))
  // A slow server may answer for a minute, in which the account gets as many again.
  expect(looked(statuses)).toBeLessThanOrEqual(20)
})
