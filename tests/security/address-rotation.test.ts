/** An attacker with an IPv6 network has as many addresses as guesses: they count as one. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'on', MC_TRUSTED_PROXIES: '127.0.0.1,::1' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

/** Statuses of as many calls, each from another address of a network. */
async function rotating(
  network: string,
  count: number,
  call: (headers: Record<string, string>) => Promise<{ status: number }>,
): Promise<Set<number>> {
  const from = (i: number) => ({
    'X-Forwarded-For': `${network}:${i.toString(16)}:a:b:${(i * 7919).toString(16)}`,
  })
  const answers = await Promise.all(Array.from({ length: count }, (_, i) => call(from(i))))
  return new Set(answers.map(({ status }) => status))
}

const anybody = () => new Person(server.url)

test('to sign in as one person after the other', async () => {
  const attempt = (headers: Record<string, string>) => {
    const email = `${crypto.randomUUID()}@example.com`
    return anybody().call('POST', '/auth/password', { email, password: 'a guess of 1 2' }, headers)
  }
  expect(await rotating('2001:db8:1:1', 20, attempt)).toContain(429)
  // The neighbour in the next network is another one.
  expect(await rotating('2001:db8:1:2', 3, attempt)).toEqual(new Set([401]))
})

test('to try links of invites', async () => {
  const attempt = (headers: Record<string, string>) =>
    anybody().call('GET', `/auth/invites/${'q'.repeat(43)}`, undefined, headers)
  expect(await rotating('2001:db8:2:1', 20, attempt)).toContain(429)
})

test('to try keys', async () => {
  const attempt = (headers: Record<string, string>) =>
    fetch(`${server.url}/api/v1/orgs/${admin.org}/tasks`, {
      headers: { ...headers, Authorization: `Bearer mc_ak_live_${'a'.repeat(12)}_${'b'.repeat(43)}` },
    })
  expect(await rotating('2001:db8:3:1', 150, attempt)).toContain(429)
})

test('the record of a sign-in keeps the whole address', async () => {
  const address = '2001:db8:4:1:2:3:4:5'
  const ines = anybody()
  await ines.call(
    'POST',
    '/auth/password',
    { email: 'ines@example.com', password: 'a quiet harbour 42' },
    { 'X-Forwarded-For': address },
  )
  const log = await admin.in<{ data: unknown[] }>('GET', '/events?type=auth.login_success')
  expect(JSON.stringify(log.body.data[0])).toContain(address)
})
