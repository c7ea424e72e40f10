/** Login CSRF: a foreign page signs a browser in as the attacker, who later reads what the victim wrote. */
import { beforeAll, expect, test } from 'bun:test'
import { PASSWORD } from '../support/client.ts'
import { sendRaw } from '../support/raw.ts'
import { type World, world } from './world.ts'

let target: World
const BODY = JSON.stringify({ email: 'ines@example.com', password: PASSWORD })

beforeAll(async () => {
  target = await world()
})

const signIn = (headers: Record<string, string>, path = '/auth/password', body = BODY) =>
  sendRaw(target.server.url + path, { method: 'POST', headers, body })

test('the same body signs in from the own page', async () => {
  const answer = await signIn({ 'Content-Type': 'application/json', Origin: target.server.url })
  expect([answer.status, answer.headers.getSetCookie().length > 0]).toEqual([200, true])
})

test.each([
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
])('no way to sign in is open to a foreign page: %j', async (from) => {
  const headers = { 'Content-Type': 'application/json', ...(from as Record<string, string>) }
  for (const path of [
    '/auth/password',
    '/auth/setup',
    `/auth/invites/${'q'.repeat(43)}/accept`,
    `/auth/sign-in-links/${'q'.repeat(43)}/accept`,
  ]) {
    const answer = await signIn(headers, path)
    expect([path, answer.status, answer.headers.getSetCookie()]).toEqual([path, 403, []])
  }
})

test('a form of a foreign page, which says no more than its type, signs nobody in', async () => {
  const form = `email=ines%40example.com&password=${encodeURIComponent(PASSWORD)}`
  for (const [type, body] of [
    ['text/plain', BODY],
    ['application/x-www-form-urlencoded', form],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na\r\n--x--`,
    ],
  ] as const) {
    const answer = await signIn({ 'Content-Type': type }, '/auth/password', body)
    expect([type, answer.status, answer.headers.getSetCookie()]).toEqual([type, 415, []])
  }
})

test('nothing signs in by GET, or by what stands in the address', async () => {
  const query = new URLSearchParams({ email: 'ines@example.com', password: PASSWORD })
  for (const path of [`/auth/password?${query}`, `/login?${query}`, `/?${query}`]) {
    const answer = await sendRaw(target.server.url + path, { method: 'GET' })
    expect([path.slice(0, 8), answer.headers.getSetCookie()]).toEqual([path.slice(0, 8), []])
  }
})
