/**
 * Host header tricks: links for other people that lead to the attacker, a foreign name that was made to lead here (DNS
 * rebinding), and hosts that a proxy and this server read differently.
 */
import { beforeAll, expect, test } from 'bun:test'
import type { User } from '../../src/contracts/resources.ts'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const EVIL = {
  Host: 'evil.example',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Server': 'evil.example',
  'X-Host': 'evil.example',
  'X-Original-Host': 'evil.example',
  'X-Forwarded-Proto': 'javascript',
  'X-Forwarded-Prefix': '//evil.example',
  Forwarded: 'host=evil.example;proto=javascript',
}

test('links and answers name the public address, whatever host a request names', async () => {
  const { admin } = target
  const invited = await admin.in<User & { invite_url: string }>(
    'POST',
    '/users',
    {
      type: 'human',
      email: `host-${crypto.randomUUID()}@example.com`,
      display_name: 'Host',
      role: 'contributor',
    },
    EVIL,
  )
  expect(invited.status).toBe(201)
  expect(invited.body.invite_url).toStartWith(`${target.server.url}/invite/`)
  const again = await admin.in<{ invite_url: string }>(
    'POST',
    `/users/${invited.body.id}/invite`,
    undefined,
    EVIL,
  )
  expect(again.body.invite_url).toStartWith(`${target.server.url}/invite/`)
  for (const path of ['/', '/docs', '/docs/json', '/version', '/auth/providers', '/nothing.x', '/o/x']) {
    const answer = await fetch(target.server.url + path, { headers: EVIL, redirect: 'manual' })
    const text = `${JSON.stringify([...answer.headers])}${await answer.text()}`
    expect([path, text.includes('evil.example')]).toEqual([path, false])
  }
})

test('the origin of a page that a foreign name shows is foreign: it may not write, nor read the figures of this machine', async () => {
  const rebound = { Host: 'evil.example:3000', Origin: 'http://evil.example:3000' }
  const posted = await target.admin.in('POST', '/channels', { name: 'rebound' }, rebound)
  expect(posted.status).toBe(403)
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.7'])
    expect(
      await exchange(target, ['GET /metrics HTTP/1.1', `Host: ${host}:${target.server.port}`]),
    ).toStartWith('HTTP/1.1 401')
  for (const host of ['localhost', '127.0.0.1', '[::1]'])
    expect(
      await exchange(target, ['GET /metrics HTTP/1.1', `Host: ${host}:${target.server.port}`]),
    ).toStartWith('HTTP/1.1 200')
})

function expectRefusal(text: string, status: number, what: string): void {
  expect([what, text.slice(0, 12)]).toEqual([what, `HTTP/1.1 ${status}`])
  const [head = '', body = ''] = text.split('\r\n\r\n')
  for (const header of ['x-request-id', 'x-mc-api-version', 'content-security-policy', 'x-frame-options'])
    expect([what, head.toLowerCase().includes(`\r\n${header}: `)]).toEqual([what, true])
  expect([what, JSON.parse(body).error.status]).toEqual([what, status])
}

const INVALID_HOSTS = [
  '[',
  '[::1',
  'a b',
  'a:b:c',
  'a/b',
  '',
  'a@b',
  '<x>',
  'a:99999',
  '%zz',
  'a\\b',
  '?x',
  'ä',
]

test('W6 an invalid or repeated Host is refused in the one shape, on every kind of path', async () => {
  for (const path of [
    '/health',
    '/',
    '/auth/me',
    '/api/v1/orgs/fieldnote/channels',
    '/docs/json',
    '/nothing',
  ])
    for (const host of path === '/health' ? INVALID_HOSTS : ['a:b:c', '['])
      expectRefusal(await exchange(target, [`GET ${path} HTTP/1.1`, `Host: ${host}`]), 400, `${path} ${host}`)
  for (const hosts of [
    ['localhost', 'stranger.example'],
    ['localhost', 'localhost'],
  ]) {
    const lines = hosts.map((host) => `Host: ${host}`)
    expectRefusal(await exchange(target, ['GET /health HTTP/1.1', ...lines]), 400, hosts.join())
  }
  for (const host of ['localhost', `127.0.0.1:${target.server.port}`, '[::1]:3000', 'my_host.internal', 'x'])
    expect(await exchange(target, ['GET /health HTTP/1.1', `Host: ${host}`])).toStartWith('HTTP/1.1 200')
})
