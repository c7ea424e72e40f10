/**
 * Cache poisoning and cache deception: an answer that a shared cache gives to others is changed by a header that the cache
 * does not look at, or a private answer is stored because its address looks like that of a file.
 */
import { beforeAll, expect, test } from 'bun:test'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

/** Headers that frameworks and proxies listen to, and caches do not. */
const UNKEYED: Record<string, string> = {
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Scheme': 'http',
  'X-Forwarded-Proto': 'http',
  'X-Forwarded-Port': '666',
  'X-Forwarded-Prefix': '/evil',
  'X-Forwarded-For': '6.6.6.6',
  'X-Original-URL': '/api/v1/orgs',
  'X-Rewrite-URL': '/api/v1/orgs',
  'X-HTTP-Method-Override': 'POST',
  'X-Host': 'evil.example',
  Forwarded: 'for=6.6.6.6;host=evil.example;proto=http',
  'Accept-Language': 'xx"><script>',
  'User-Agent': '<script>alert(1)</script>',
  Referer: 'https://evil.example/',
  Origin: 'https://evil.example',
  Cookie: 'theme=<script>; lang=xx',
  'X-MC-User': 'evil',
  'Sec-Fetch-Site': 'cross-site',
}

/** What an answer says, without what is new in every answer. */
async function said(path: string, headers: Record<string, string>) {
  const answer = await fetch(target.server.url + path, { headers, redirect: 'manual' })
  const fields = [...answer.headers].filter(
    ([name]) => !['x-request-id', 'date'].includes(name) && !name.startsWith('ratelimit-'),
  )
  return { status: answer.status, fields, text: (await answer.text()).replace(/"timestamp":"[^"]*"/g, '') }
}

test('no header of a caller changes what others would get', async () => {
  for (const path of [
    '/',
    '/login',
    '/docs',
    '/docs/json',
    '/version',
    '/manifest.webmanifest',
    '/sw.js',
    '/assets/none.js',
    '/nothing',
  ]) {
    const plain = await said(path, {})
    for (const [name, value] of Object.entries(UNKEYED))
      expect([path, name, await said(path, { [name]: value })]).toEqual([path, name, plain])
  }
})

test('nor does a query, a body of a GET or a fragment change the page', async () => {
  const plain = await said('/login', {})
  for (const query of [
    '?utm_source="><script>',
    '?x=1&x=2',
    '?callback=alert',
    '?__proto__=1',
    '?/assets/x.js',
  ])
    expect((await said(`/login${query}`, {})).text).toBe(plain.text)
  const fat = await exchange(
    target,
    ['GET /version HTTP/1.1', 'Host: localhost', 'Content-Length: 11', 'Content-Type: application/json'],
    '{"a": "xx"}',
  )
  expect(fat).not.toContain('xx')
})

test('private answers are stored by nobody, whatever their address looks like', async () => {
  const { admin, agent, params } = target
  const org = `/api/v1/orgs/${params.org_slug}`
  const private_paths = [
    '/auth/me',
    '/auth/sessions',
    '/api/v1/orgs',
    org,
    `${org}/users/me`,
    `${org}/channels`,
    `${org}/search?q=task`,
  ]
  for (const path of private_paths) {
    const answer = await admin.call('GET', path)
    expect([path, answer.status, answer.headers.get('cache-control')]).toEqual([path, 200, 'no-store'])
    for (const ending of [
      '/x.css',
      '/x.js',
      '.css',
      ';.css',
      '%2fx.css',
      '%00.css',
      '%0a.css',
      '/..%2fassets%2fx.js',
      '%23.css',
      '%3f.css',
    ]) {
      const [bare = ''] = path.split('?')
      const headers = { Cookie: admin.cookieHeader }
      const deceived = await fetch(target.server.url + bare + ending, { headers, redirect: 'manual' })
      const text = await deceived.text()
      expect([bare + ending, text.includes('ines@example.com') || text.includes('"data"')]).toEqual([
        bare + ending,
        false,
      ])
      expect([bare + ending, deceived.status >= 400]).toEqual([bare + ending, true])
    }
  }
  for (const path of [`${org}/users/me`, '/auth/me', '/api/v1/nothing', '/auth/nothing']) {
    const refused = await fetch(target.server.url + path)
    expect([path, refused.headers.get('cache-control')]).toEqual([path, 'no-store'])
    await refused.body?.cancel()
  }
  const metrics = await fetch(`${target.server.url}/metrics`)
  expect(metrics.headers.get('cache-control')).toBe('no-store')
  await metrics.body?.cancel()
  expect(agent.key).toStartWith('mc_ak_live_')
})

test('only files with the hash of their content are stored for long', async () => {
  for (const path of ['/', '/login', '/sw.js', '/manifest.webmanifest', '/o/x/channels']) {
    const answer = await fetch(target.server.url + path)
    const cache = answer.headers.get('cache-control') ?? ''
    // Without a build of the app these are refusals.
    expect([path, ['no-cache', 'no-store'].includes(cache)]).toEqual([path, true])
    await answer.body?.cancel()
  }
})
