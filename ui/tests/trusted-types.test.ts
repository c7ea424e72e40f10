import { expect, test } from 'bun:test'
import { workerAddress } from '../src/trusted-types.ts'

const PAGE = 'https://mc.example/o/fieldnote/channels'

test('a script may be started from the addresses of the two workers only', () => {
  for (const address of ['/sw.js', 'https://mc.example/sw.js', '/assets/lock-worker-Bx_1-a.js'])
    expect(workerAddress(address, PAGE)).toBe(new URL(address, PAGE).href)
  for (const address of [
    'https://evil.example/sw.js',
    '//evil.example/sw.js',
    'data:text/javascript,alert(1)',
    'blob:https://mc.example/1',
    'javascript:alert(1)',
    '/assets/index-12345678.js',
    '/assets/lock-worker-/../../api/v1/x.js',
    '/sw.js?x=1',
    '/api/v1/orgs/acme/exports/1/download',
    'sw.js',
  ])
    expect(() => workerAddress(address, PAGE)).toThrow(TypeError)
})
