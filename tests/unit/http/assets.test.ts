import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Assets, loadAssets } from '../../../src/http/assets.ts'

let folder = ''
let assets: Assets

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mc-assets-'))
  mkdirSync(join(folder, 'assets'))
  for (const name of [
    'index.html',
    'assets/a-12345678.js',
    'assets/a-12345678.js.br',
    'assets/a-12345678.js.gz',
  ])
    writeFileSync(join(folder, name), name)
  writeFileSync(
    join(folder, 'index.html'),
    '<head><link href="/a.svg"></head><script src="/assets/a-12345678.js"></script>',
  )
  writeFileSync(join(folder, 'index.html.br'), 'compressed')
  writeFileSync(join(folder, 'manifest.webmanifest'), '{}')
  assets = await loadAssets(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const get = (path: string, encoding = '') =>
  assets.serve(
    new Request(`http://localhost${path}`, { headers: { 'Accept-Encoding': encoding } }),
    {},
    'Accept-Encoding',
  )

test('W8 a precompressed file is sent in the best accepted coding, with the type of the file itself', async () => {
  for (const [accepted, coding, text] of [
    ['gzip, br', 'br', 'assets/a-12345678.js.br'],
    ['gzip', 'gzip', 'assets/a-12345678.js.gz'],
    ['', null, 'assets/a-12345678.js'],
  ] as const) {
    const answer = get('/assets/a-12345678.js', accepted)
    expect(answer?.headers.get('content-encoding') ?? null).toBe(coding)
    expect(answer?.headers.get('content-type')).toStartWith('text/javascript')
    expect(answer?.headers.get('vary')).toBe('Accept-Encoding')
    expect(answer?.headers.get('cache-control')).toContain('immutable')
    expect(await answer?.text()).toBe(text)
  }
  // A copy is no file of its own.
  expect(get('/assets/a-12345678.js.br')).toBeUndefined()
})

test('W8 the page of the app answers for pages only, never for the path of a file', () => {
  for (const path of ['/', '/login', '/o/acme/channels/01a2', '/invite/abc_-9'])
    expect([path, get(path)?.headers.get('content-type')]).toEqual([path, 'text/html;charset=utf-8'])
  for (const path of [
    '/favicon.ico',
    '/robots.txt',
    '/.env',
    '/.well-known/security.txt',
    '/.well-known/x',
    '/wp-login.php',
    '/a/b.map',
    '/assets/none',
  ])
    expect([path, get(path)]).toEqual([path, undefined])
  expect(get('/manifest.webmanifest')?.headers.get('content-type')).toBe('application/manifest+json')
})

test('W9 below a base path the page names it, and no compressed copy has other addresses', async () => {
  const below = await loadAssets(folder, '/mc')
  for (const path of ['/', '/o/acme', '/index.html']) {
    const request = new Request(`http://localhost${path}`, { headers: { 'Accept-Encoding': 'br' } })
    const answer = below.serve(request, {}, 'Accept-Encoding')
    expect(answer?.headers.get('content-encoding')).toBeNull()
    expect(answer?.headers.get('content-type')).toBe('text/html;charset=utf-8')
    expect(await answer?.text()).toBe(
      '<head><meta name="mc-base" content="/mc"><link href="/mc/a.svg"></head><script src="/mc/assets/a-12345678.js"></script>',
    )
  }
})
