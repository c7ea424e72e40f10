import { expect, test } from 'bun:test'
import { redisOptions } from '../../../src/cluster/redis-url.ts'

test.each([
  ['redis://cache', { host: 'cache', port: 6379, db: 0 }],
  ['redis://cache:6380/3', { host: 'cache', port: 6380, db: 3 }],
  ['redis://:p%40ss@cache', { host: 'cache', port: 6379, db: 0, password: 'p@ss' }],
  ['redis://me:100%@[::1]:7000/', { host: '::1', port: 7000, db: 0, username: 'me', password: '100%' }],
  ['rediss://cache', { host: 'cache', port: 6379, db: 0, tls: { servername: 'cache' } }],
  [
    'redis+sentinel://:pw@a,b:26380/main/2?sentinel_password=other',
    {
      password: 'pw',
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
      name: 'main',
      db: 2,
      sentinelPassword: 'other',
    },
  ],
  [
    'rediss+sentinel://a/main',
    {
      sentinels: [{ host: 'a', port: 26_379 }],
      name: 'main',
      db: 0,
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    },
  ],
])('R7 %s is read', (url, options) => {
  expect(redisOptions(url)).toEqual(options as never)
})

test.each([
  'http://cache',
  'redis://',
  'redis://a:b',
  'redis://cache/x',
  'redis+sentinel://a,b',
  'redis://a b:1',
])('R7 %s is refused without its content', (url) => {
  expect(() => redisOptions(url)).toThrow(/^[^:]*MC_REDIS_URL[^:]*$/)
})
