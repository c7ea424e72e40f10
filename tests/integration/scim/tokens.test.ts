import { afterAll, beforeAll, expect, test } from 'bun:test'
import { isScimToken } from '../../../src/auth/scim-tokens.ts'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { OPERATIONS } from '../../../src/http/scim/operations.ts'
import { addAgent, join, Person, setUp } from '../../support/client.ts'
import { type Json, newUser, Provider, provider } from '../../support/scim.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

let server: TestServer
let admin: Person

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off', DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
})
afterAll(() => server.stop())

interface Listed {
  data: Json[]
}
const listed = async () => (await admin.in<Listed>('GET', '/scim-tokens')).body.data
const status = async (one: Provider) => (await one.get('/Users')).status

test('S1 a token is shown once, listed without itself, used, and dead at once when it is revoked', async () => {
  const answer = await admin.in<Json>('POST', '/scim-tokens', { name: 'Okta' })
  expect(answer.status).toBe(201)
  const { token, ...rest } = answer.body
  expect(isScimToken(token)).toBe(true)
  expect(token.startsWith(`${rest.prefix}_`)).toBe(true)
  expect(rest).toMatchObject({ name: 'Okta', created_by: admin.user_id, last_used_at: null })
  expect(await listed()).toEqual([rest])
  const directory = new Provider(server.url, admin.org, token)
  expect(await status(directory)).toBe(200)
  await until(async () => (await listed())[0]?.last_used_at !== null, 'the use to be noted')
  expect((await admin.in('DELETE', `/scim-tokens/${rest.id}`)).status).toBe(204)
  const refused = await directory.get('/Users')
  expect(refused.status).toBe(401)
  expect(refused.headers.get('www-authenticate')).toContain('Bearer')
  expect(refused.body).toMatchObject({
    status: '401',
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
  })
  expect((await admin.in('DELETE', `/scim-tokens/${rest.id}`)).status).toBe(404)
  expect(await listed()).toEqual([])
  const { body } = await admin.in<Listed>('GET', '/events?type=scim_token.*')
  expect(body.data.map(({ type, payload }) => [type, payload.scim_token.name, typeof payload.ip])).toEqual([
    ['scim_token.revoked', 'Okta', 'string'],
    ['scim_token.created', 'Okta', 'string'],
  ])
  expect(JSON.stringify(body)).not.toContain(token)
  const contributor = await join(admin, 'Cara Contributor')
  expect((await contributor.in<Listed>('GET', '/events?type=scim_token.*')).body.data).toEqual([])
})

test('a repeat of the request shows no token again', async () => {
  const key = { 'Idempotency-Key': 'scim-1' }
  const first = await admin.in<Json>('POST', '/scim-tokens', { name: 'Twice' }, key)
  const again = await admin.in<Json>('POST', '/scim-tokens', { name: 'Twice' }, key)
  expect([again.status, again.body.id, again.body.token]).toEqual([201, first.body.id, null])
  await admin.in('DELETE', `/scim-tokens/${first.body.id}`)
})

test('S3 nothing else opens the service, and the token opens nothing else', async () => {
  const directory = await provider(admin)
  const agent = await addAgent(admin, 'forge', 'administrator')
  for (const token of [
    '',
    'x',
    agent.key,
    `${directory.token}x`,
    directory.token.replace(/.$/, '!'),
    directory.token.toUpperCase(),
  ])
    expect([token.slice(0, 8), await status(new Provider(server.url, admin.org, token))]).toEqual([
      token.slice(0, 8),
      401,
    ])
  const by_cookie = await fetch(`${directory.base_url}/Users`, { headers: { Cookie: admin.cookieHeader } })
  expect(by_cookie.status).toBe(401)
  const by_query = await fetch(`${directory.base_url}/Users?access_token=${directory.token}`)
  expect(by_query.status).toBe(401)
  for (const path of ['/users', '/projects', '/events', '/scim-tokens']) {
    const answer = await fetch(`${server.url}/api/v1/orgs/${admin.org}${path}`, {
      headers: { Authorization: `Bearer ${directory.token}` },
    })
    expect([path, answer.status]).toEqual([path, 401])
  }
  const { status: refused } = await agent.in('POST', '/scim-tokens', { name: 'By an agent' })
  expect(refused).toBe(403)
  await admin.in('DELETE', `/scim-tokens/${directory.token_id}`)
})

test('every operation wants a token, and every change an organization that is not read-only', async () => {
  const directory = await provider(admin)
  const nobody = new Provider(server.url, admin.org, '')
  const body = { schemas: [], Operations: [{ op: 'remove', path: 'title' }] }
  expect((await admin.in('POST', '/suspend')).status).toBe(200)
  try {
    for (const [operation, { action }] of Object.entries(OPERATIONS)) {
      const [method = '', path = ''] = operation.split(' ')
      const place = path.replace('{id}', crypto.randomUUID())
      const sent = method === 'GET' || method === 'DELETE' ? undefined : body
      expect([operation, (await nobody.call(method, place, sent)).status]).toEqual([operation, 401])
      const { status: answered } = await directory.call(method, place, sent)
      expect([operation, action]).toEqual([operation, method === 'GET' ? 'scim.read' : 'scim.provision'])
      if (method === 'GET') expect([200, 404]).toContain(answered)
      else expect([operation, answered]).toEqual([operation, 409])
    }
  } finally {
    await admin.in('POST', '/resume')
    await admin.in('DELETE', `/scim-tokens/${directory.token_id}`)
  }
})

test('S3 the token of an organization is none in another one, and an unknown one is refused like that', async () => {
  const directory = await provider(admin)
  expect((await admin.call('POST', '/api/v1/orgs', { name: 'Elsewhere', slug: 'elsewhere' })).status).toBe(
    201,
  )
  const foreign = new Provider(server.url, 'elsewhere', directory.token)
  const unknown = new Provider(server.url, 'no-such-org', directory.token)
  const [one, other] = [await foreign.get('/Users'), await unknown.get('/Users')]
  expect([one.status, one.body]).toEqual([401, other.body])
  const elsewhere = Object.assign(new Person(server.url), { cookies: admin.cookies, org: 'elsewhere' })
  const theirs = await provider(elsewhere)
  const made = (await theirs.post('/Users', newUser('Elsa Where'))).body
  expect((await directory.get(`/Users/${made.id}`)).status).toBe(404)
  expect(await directory.find(`userName eq "${made.userName}"`)).toEqual([])
  // The address of a member of one organization is free in the other.
  expect((await directory.post('/Users', newUser('Elsa Where'))).status).toBe(201)
})

test('S2 a token ends with the rights of whoever made it', async () => {
  const boss = await join(admin, 'Bo Boss', 'administrator')
  const directory = await provider(boss)
  expect(await status(directory)).toBe(200)
  await admin.in('PATCH', `/users/${boss.user_id}`, { role: 'contributor' })
  expect(await status(directory)).toBe(401)
  await admin.in('PATCH', `/users/${boss.user_id}`, { role: 'administrator' })
  expect(await status(directory)).toBe(200)
  const own = await provider(admin)
  await own.patch(`/Users/${boss.user_id}`, { op: 'replace', path: 'active', value: false })
  expect(await status(directory)).toBe(401)
  await own.patch(`/Users/${boss.user_id}`, { op: 'replace', path: 'active', value: true })
  await admin.in('DELETE', `/users/${boss.user_id}`)
  expect(await status(directory)).toBe(401)
  expect((await listed()).map(({ id }) => id)).not.toContain(directory.token_id)
})

test('S13 a suspended organization is read and not written; a token may be revoked', async () => {
  const directory = await provider(admin)
  const made = (await directory.post('/Users', newUser('Sue Spended'))).body
  expect((await admin.in('POST', '/suspend')).status).toBe(200)
  try {
    expect((await directory.get(`/Users/${made.id}`)).status).toBe(200)
    for (const answer of [
      await directory.post('/Users', newUser('Ned New')),
      await directory.delete(`/Users/${made.id}`),
      await directory.patch(`/Users/${made.id}`, { op: 'replace', path: 'active', value: false }),
    ])
      expect([answer.status, answer.body.status]).toEqual([409, '409'])
    expect((await admin.in('POST', '/scim-tokens', { name: 'Late' })).status).toBe(409)
    expect((await admin.in('DELETE', `/scim-tokens/${directory.token_id}`)).status).toBe(204)
  } finally {
    await admin.in('POST', '/resume')
  }
})

test('tokens have a bound', async () => {
  const ids: string[] = []
  const before = (await listed()).length
  for (let n = before; n < LIMITS.scim_tokens_max; n++) ids.push((await provider(admin, `No ${n}`)).token_id)
  const { status: refused, body } = await admin.in<Json>('POST', '/scim-tokens', { name: 'One more' })
  expect([refused, body.error.code]).toEqual([400, 'VALIDATION_FAILED'])
  for (const id of ids) await admin.in('DELETE', `/scim-tokens/${id}`)
})
