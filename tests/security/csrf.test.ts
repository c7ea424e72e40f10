/** Cross-site request forgery: a foreign page sends a request with the cookies of whoever looks at it. */
import { beforeAll, expect, test } from 'bun:test'
import { join } from '../support/client.ts'
import type { Described } from '../support/operations.ts'
import { codeOf, cookies, csrf, messages, send, type World, world } from './world.ts'

/** Outside of `/api`: those of whoever is signed in. */
const SESSION_WRITES = new Set([
  'POST /auth/logout',
  'POST /auth/refresh',
  'PUT /auth/password',
  'DELETE /auth/sessions/{id}',
])

let target: World
let writes: Described[]

beforeAll(async () => {
  target = await world()
  writes = target.operations.filter(
    ({ name, method, path }) => (method !== 'GET' && path.startsWith('/api/')) || SESSION_WRITES.has(name),
  )
  expect(writes.length).toBeGreaterThan(40)
})

/** Those of the writes that are not refused in the one way. */
async function taken(headers: Record<string, string>): Promise<string[]> {
  const wrong: string[] = []
  for (const write of writes) {
    const answer = await send(target, write, {
      headers: { 'Content-Type': 'application/json', ...headers },
      body: '{}',
    })
    if (answer.status !== 403 || codeOf(answer) !== 'CSRF_VALIDATION_FAILED')
      wrong.push(`${write.name} ${answer.status} ${codeOf(answer)}`)
  }
  return wrong
}

test('no write is taken by its cookies alone', async () => {
  expect(await taken(cookies(target))).toEqual([])
})

test('nor with a token that is empty, invented, cut, or of another session', async () => {
  const other = await join(target.admin, `Other ${crypto.randomUUID().slice(0, 8)}`)
  const own = csrf(target)['X-CSRF-Token']!
  for (const token of ['', 'x.y', own.slice(0, -1), other.cookies.get('mc_csrf') ?? '']) {
    const [write] = writes
    const forged = { ...cookies(target), 'X-CSRF-Token': token, 'Content-Type': 'application/json' }
    const planted = { ...forged, Cookie: `${target.admin.cookieHeader}; mc_csrf=${token}` }
    for (const headers of [forged, planted])
      expect(codeOf(await send(target, write!, { headers, body: '{}' }))).toBe('CSRF_VALIDATION_FAILED')
  }
})

test.each([
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://localhost.evil.example' },
  { 'Sec-Fetch-Site': 'cross-site' },
  { 'Sec-Fetch-Site': 'same-site' },
])('no write from elsewhere is taken, even with a stolen token: %j', async (from) => {
  expect(await taken({ ...cookies(target), ...csrf(target), ...(from as Record<string, string>) })).toEqual(
    [],
  )
})

test('a form that a foreign page can post without asking is refused before anything happens', async () => {
  const before = await messages(target)
  const post = target.operations.find(({ name }) =>
    name.endsWith('POST /api/v1/orgs/{org_slug}/channels/{channel_id}/messages'),
  )
  expect(post).toBeDefined()
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await send(target, post!, {
      headers: { ...cookies(target), 'Content-Type': type },
      body: '{"content": "forged", "x": "="}',
    })
    expect([type, answer.status]).toEqual([type, 403])
  }
  expect(await messages(target)).toEqual(before)
})

test('a read has no effect, whatever method a header asks for', async () => {
  const before = await messages(target)
  const url = `${target.server.url}/api/v1/orgs/${target.params.org_slug}/channels/${target.params.channel_id}/messages`
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])
    await (
      await fetch(`${url}?_method=POST&content=forged`, { headers: { ...cookies(target), [name]: 'POST' } })
    ).text()
  expect(await messages(target)).toEqual(before)
})
