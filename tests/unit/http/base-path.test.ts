import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { basePath, withoutBase } from '../../../src/http/base-path.ts'

test('W9 the base path is taken off, whole and once, and from the beginning only', () => {
  for (const [path, left] of [
    ['/mc', '/'],
    ['/mc/', '/'],
    ['/mc?a=1', '/?a=1'],
    ['/mc/api/v1/orgs?a=/mc/b', '/api/v1/orgs?a=/mc/b'],
    ['/mc/mc/x', '/mc/x'],
    ['/mcx', '/mcx'],
    ['/MC/x', '/MC/x'],
    ['/x/mc/y', '/x/mc/y'],
    ['/%6dc/x', '/%6dc/x'],
    ['/mc//evil.example/x', '//evil.example/x'],
    ['/', '/'],
  ] as const)
    expect([path, withoutBase(`http://localhost:3000${path}`, '/mc')]).toEqual([
      path,
      `http://localhost:3000${left}`,
    ])
  expect(withoutBase('http://mc/mc/x', '/mc')).toBe('http://mc/x')
  expect(withoutBase('http://localhost/tools/mc/x', '/tools/mc')).toBe('http://localhost/x')
})

test('W9 a route answers with the base path and without it', async () => {
  const app = new Elysia()
    .use(basePath('/mc'))
    .get('/x/:id', ({ params, request }) => `${params.id} ${new URL(request.url).pathname}`)
  for (const path of ['/x/7', '/mc/x/7'])
    expect(await (await app.handle(new Request(`http://localhost${path}`))).text()).toBe('7 /x/7')
  expect((await app.handle(new Request('http://localhost/mcx/x/7'))).status).toBe(404)
})
