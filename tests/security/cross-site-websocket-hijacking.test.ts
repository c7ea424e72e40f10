/** Cross-site WebSocket hijacking: CORS does not cover sockets, so a foreign page may try with the cookies of its visitor. */
import { beforeAll, expect, test } from 'bun:test'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const upgrade = (...fields: string[]) =>
  exchange(target, [
    `GET /api/v1/orgs/${target.params.org_slug}/channels/ws HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...fields,
  ])
const cookie = () => `Cookie: ${target.admin.cookieHeader}`

test('by cookie the own origin is let in', async () => {
  expect(await upgrade(cookie(), `Origin: ${target.server.url}`)).toStartWith('HTTP/1.1 101')
})

test.each([
  'https://evil.example',
  'null',
  'http://localhost',
  'http://localhost.evil.example:3000',
  'http://evil.example/http://localhost',
  '',
])('the origin %j is not', async (origin) => {
  expect(await upgrade(cookie(), `Origin: ${origin}`)).toStartWith('HTTP/1.1 403')
})

test('nor is a socket that says no origin, or two', async () => {
  expect(await upgrade(cookie())).toStartWith('HTTP/1.1 403')
  const two = await upgrade(cookie(), `Origin: ${target.server.url}`, 'Origin: https://evil.example')
  expect(two).toStartWith('HTTP/1.1 403')
})

test('a key is none that a browser adds by itself: it needs no origin, and counts alone', async () => {
  expect(await upgrade(`Authorization: Bearer ${target.agent.key}`)).toStartWith('HTTP/1.1 101')
  const wrong = await upgrade(cookie(), `Origin: ${target.server.url}`, 'Authorization: Bearer nonsense')
  expect(wrong).toStartWith('HTTP/1.1 401')
})

test('the event stream and its answers are withheld from a foreign page', async () => {
  const stream = await exchange(target, [
    `GET /api/v1/orgs/${target.params.org_slug}/events/stream HTTP/1.1`,
    'Host: localhost',
    cookie(),
    'Origin: https://evil.example',
  ])
  expect(stream.toLowerCase()).not.toContain('access-control-allow')
})
