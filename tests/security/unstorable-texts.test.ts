/** Texts that PostgreSQL cannot store, by the ways that are no JSON body: a filter, a query, a token of a sign-in provider. */
import { beforeAll, expect, test } from 'bun:test'
import { type World, world } from './world.ts'

let target: World
let token: string

beforeAll(async () => {
  target = await world()
  const made = await target.admin.in<{ token: string }>('POST', '/scim-tokens', { name: 'Directory' })
  expect(made.status).toBe(201)
  token = made.body.token
})

test.each([
  'userName eq "a\\u0000b"',
  'externalId eq "\\ud800"',
  'id eq "\\u0000"',
  'emails.value co "\\udfff"',
])('a SCIM filter by %s is refused', async (filter) => {
  const { server, admin } = target
  const url = `${server.url}/api/v1/orgs/${admin.org}/scim/v2/Users?filter=${encodeURIComponent(filter)}`
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  expect([answer.status, ((await answer.json()) as { scimType?: string }).scimType]).toEqual([
    400,
    'invalidFilter',
  ])
})

test.each(['%00', '%ED%A0%80', '%FF', 'a%00b'])('a query of %s is refused or finds nothing', async (text) => {
  const { server, admin, agent } = target
  for (const query of [`tasks?q=${text}`, `search?q=xx${text}`, `users?q=${text}`, `events?cursor=${text}`]) {
    const answer = await fetch(`${server.url}/api/v1/orgs/${admin.org}/${query}`, { headers: agent.headers })
    expect([query, answer.status === 200 || answer.status === 400]).toEqual([query, true])
  }
})
