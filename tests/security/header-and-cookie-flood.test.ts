/** Header and cookie floods, and connections that say little for long (Slowloris). */
import { beforeAll, expect, test } from 'bun:test'
import { rawRequest } from '../support/raw-socket.ts'
import { until } from '../support/streams.ts'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const get = (path: string, ...fields: string[]) =>
  exchange(target, [`GET ${path} HTTP/1.1`, 'Host: localhost', ...fields])

test('more header than the runtime takes ends the connection before a route sees it', async () => {
  for (const fields of [
    [`X: ${'a'.repeat(200_000)}`],
    Array.from({ length: 5_000 }, (_, i) => `X-${i}: ${'a'.repeat(40)}`),
    [`Cookie: ${'a=1; '.repeat(50_000)}`],
    [`Authorization: Bearer ${'x'.repeat(200_000)}`],
  ]) {
    const request = rawRequest(target.server.port, ['GET /version HTTP/1.1', 'Host: localhost', ...fields])
    await until(() => request.closed() || request.text() !== '')
    expect(request.text()).toMatch(/^(HTTP\/1\.1 (400|431) |$)/)
    request.socket.destroy()
  }
})

test('many cookies are read up to a bound: a session among the first counts, one behind them does not', async () => {
  const flood = Array.from({ length: 400 }, (_, i) => `c${i}=x`).join('; ')
  const { cookieHeader } = target.admin
  expect(await get('/auth/me', `Cookie: ${cookieHeader}; ${flood}`)).toStartWith('HTTP/1.1 200')
  expect(await get('/auth/me', `Cookie: ${flood}; ${cookieHeader}`)).toStartWith('HTTP/1.1 401')
  // Several sessions: one decides, and a wrong one before it does not open the other.
  const name = cookieHeader.split('=')[0]
  expect(await get('/auth/me', `Cookie: ${name}=nonsense; ${cookieHeader}`)).toStartWith('HTTP/1.1 401')
})

test('headers with thousands of parts are read once, and answered', async () => {
  const list = (part: string) => `${part},`.repeat(Math.floor(12_000 / (part.length + 1)))
  for (const field of [
    `X-Forwarded-For: ${list('10.0.0.1')}`,
    `Forwarded: ${list('for="[::1]"')}`,
    `Accept-Encoding: ${list('gzip;q=0.1')}`,
    `If-Match: ${list('"1"')}`,
    `Sec-WebSocket-Protocol: ${list('bearer.x')}`,
    `Last-Event-ID: ${'9'.repeat(12_000)}`,
    `Idempotency-Key: ${'k'.repeat(12_000)}`,
    `User-Agent: ${'u'.repeat(12_000)}`,
    `Range: bytes=${list('0-1')}`,
  ])
    for (const path of [
      '/version',
      `/api/v1/orgs/${target.params.org_slug}/channels`,
      `/api/v1/orgs/${target.params.org_slug}/events`,
    ]) {
      const text = await get(path, field, `Authorization: Bearer ${target.agent.key}`)
      expect([field.slice(0, 20), path, /^HTTP\/1\.1 (200|400) /.test(text)]).toEqual([
        field.slice(0, 20),
        path,
        true,
      ])
    }
})

test('two hundred connections that never finish their head keep nobody else out', async () => {
  const slow = Array.from({ length: 200 }, () =>
    rawRequest(target.server.port, ['GET /version HTTP/1.1', 'Host: localhost', 'X-Slow: 1']),
  )
  // `rawRequest` ends the head: begin another one on the same connection, and leave it open.
  for (const { socket } of slow) socket.write('GET /version HTTP/1.1\r\nHost: local')
  expect(await get('/health')).toStartWith('HTTP/1.1 200')
  const posted = await target.agent.in('POST', `/channels/${target.params.channel_id}/messages`, {
    content: 'through',
  })
  expect(posted.status).toBe(201)
  for (const { socket } of slow) socket.destroy()
})
