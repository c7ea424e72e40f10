/** Prototype pollution: names that JavaScript's objects have already, in bodies, queries, headers and frames. */
import { beforeAll, expect, test } from 'bun:test'
import type { Org, User } from '../../src/contracts/resources.ts'
import { WsJournal } from '../support/streams.ts'
import { clipped } from './reach.ts'
import { cookies, csrf, send, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const POLLUTED = '{"role": "administrator", "polluted": "yes", "status": "active", "isAdmin": true}'
const BODIES = [
  `{"__proto__": ${POLLUTED}}`,
  `{"constructor": {"prototype": ${POLLUTED}}}`,
  `{"constructor": ${POLLUTED}, "prototype": ${POLLUTED}}`,
  `{"settings": {"__proto__": ${POLLUTED}}, "name": "Polluted"}`,
  `[{"__proto__": ${POLLUTED}}]`,
  '{"toString": "x", "valueOf": "x", "hasOwnProperty": "x", "toJSON": "x", "then": "x"}',
]

/** What another caller sees of the server's own objects. */
async function whole(): Promise<void> {
  const me = await target.agent.in<User>('GET', '/users/me')
  expect([me.status, me.body.role]).toEqual([200, 'contributor'])
  const org = await target.admin.in<Org>('GET', '')
  expect(Object.keys(org.body.settings)).not.toContain('polluted')
  expect(org.body.name).not.toBe('Polluted')
  for (const path of ['/version', '/auth/providers', '/health']) {
    const text = await (await fetch(target.server.url + path)).text()
    expect([path, text.includes('polluted')]).toEqual([path, false])
  }
  expect((await target.agent.in('PATCH', '', { name: 'Mine' })).status).toBe(403)
}

test('a body with such names is refused by every write, and changes no object', async () => {
  const taken: string[] = []
  for (const write of target.operations.filter(
    ({ method, path }) => method !== 'GET' && method !== 'DELETE' && path !== '/auth/logout',
  )) {
    for (const body of BODIES) {
      const headers = { ...cookies(target), ...csrf(target), 'Content-Type': 'application/json' }
      const answer = await send(target, write, { headers, body })
      if (answer.status < 400 || answer.status >= 500)
        taken.push(`${write.name} ${body} ${clipped(answer.text)}`)
    }
  }
  expect(taken).toEqual([])
  await whole()
})

test('so is a query, and a cookie or header of such a name is nothing', async () => {
  const org = `${target.server.url}/api/v1/orgs/${target.params.org_slug}`
  for (const query of [
    '__proto__[polluted]=yes',
    'constructor[prototype][polluted]=yes',
    '__proto__=yes',
    'toString=x',
  ]) {
    const answer = await fetch(`${org}/tasks?${query}`, { headers: target.agent.headers })
    // A query may say more than an operation reads.
    expect([query, [200, 400].includes(answer.status)]).toEqual([query, true])
    expect([query, (await answer.text()).includes('polluted')]).toEqual([query, false])
  }
  const answer = await fetch(`${org}/users/me`, {
    headers: {
      ...target.agent.headers,
      Cookie: '__proto__=x; constructor=y',
      constructor: 'x',
      toString: 'y',
    },
  })
  expect(answer.status).toBe(200)
  for (const slug of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    expect(
      (await fetch(`${target.server.url}/api/v1/orgs/${slug}`, { headers: target.agent.headers })).status,
    ).toBe(404)
  await whole()
})

test('so is a frame', async () => {
  const socket = await WsJournal.open(
    `${target.server.url}/api/v1/orgs/${target.params.org_slug}/channels/ws`,
    target.agent.headers,
  )
  const before = socket.frames.length
  for (const frame of [
    `{"type": "__proto__"}`,
    `{"type": "constructor"}`,
    `{"type": "typing", "channel_id": "${target.params.channel_id}", "__proto__": ${POLLUTED}}`,
    `{"__proto__": {"type": "message"}}`,
  ])
    socket.send(frame)
  await target.agent.in('GET', '/users/me')
  expect(socket.ofType('message').length).toBe(0)
  expect(socket.frames.length).toBeGreaterThanOrEqual(before)
  socket.close()
  await whole()
})
