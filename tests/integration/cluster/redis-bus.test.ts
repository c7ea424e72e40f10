import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { RedisBus } from '../../../src/cluster/redis-bus.ts'
import { redisOptions } from '../../../src/cluster/redis-url.ts'
import { BUS_RULES, eventually } from '../../support/bus-contract.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis({ password: 'a p@ssword' })
})
afterAll(() => redis.stop())

async function connect(to: TestRedis, failed: (stage: string) => void = () => undefined): Promise<RedisBus> {
  const options = redisOptions(to.url)
  const bus = new RedisBus({
    redis:
      to.certificate === undefined ? options : { ...options, tls: { ...options.tls, ca: to.certificate } },
    name: 'test',
    failed,
  })
  await bus.open()
  return bus
}

for (const [how, goAway, comeBack] of [
  ['killed', () => redis.kill(), () => redis.start()],
  ['paused', async () => redis.pause(), async () => redis.resume()],
] as const)
  describe(`R. the contract of a bus: Redis, ${how}`, () => {
    for (const [title, holds] of BUS_RULES)
      test(title, async () => {
        const [a, b] = [await connect(redis), await connect(redis)]
        let away = false
        try {
          await holds({
            a,
            b,
            async goAway() {
              away = true
              await goAway()
            },
            async comeBack() {
              away = false
              await comeBack()
            },
            stop: async () => undefined,
          })
        } finally {
          if (away) await comeBack()
          await Promise.all([a.close(), b.close()])
        }
      })
  })

test('R8 a node starts while Redis is away, reports it once, and joins when Redis is there', async () => {
  const other = await startRedis()
  await other.kill()
  const failures: string[] = []
  const bus = await connect(other, (stage) => failures.push(stage))
  expect(bus.up).toBe(false)
  const got: string[] = []
  await bus.subscribe('t', (text) => got.push(text))
  await other.start()
  await eventually(() => bus.up, 'up')
  expect(await bus.publish('t', 'x')).toBe(1)
  await eventually(() => got.length === 1, 'the message')
  expect(failures).toEqual(['use Redis'])
  await bus.close()
  await other.stop()
})

test('R8 a subscriber that Redis dropped is a short outage, after which its subscriptions hold', async () => {
  const [a, b] = [await connect(redis), await connect(redis)]
  const got: string[] = []
  await b.subscribe('t', (text) => got.push(text))
  const told: boolean[] = []
  b.onChange((up) => told.push(up))
  await redis.cli('client', 'kill', 'type', 'pubsub')
  await eventually(() => told.length === 2 && a.up, 'down and up')
  expect(told).toEqual([false, true])
  expect(await a.publish('t', 'x')).toBe(1)
  await eventually(() => got.length === 1, 'the message')
  await Promise.all([a.close(), b.close()])
})

test('R8 two clusters on one Redis with a database each do not hear each other', async () => {
  const [zero, one] = [0, 1].map(
    (db) =>
      new RedisBus({ redis: { ...redisOptions(redis.url), db }, name: 'test', failed: () => undefined }),
  ) as [RedisBus, RedisBus]
  await Promise.all([zero.open(), one.open()])
  await one.subscribe('t', () => undefined)
  expect(await zero.publish('t', 'x')).toBe(0)
  await Promise.all([zero.close(), one.close()])
})

test('R8 over TLS the certificate is checked', async () => {
  const secured = await startRedis({ tls: true, password: 'pw' })
  const bus = await connect(secured)
  expect(bus.up).toBe(true)
  const failures: string[] = []
  const untrusting = new RedisBus({
    redis: redisOptions(secured.url),
    name: 'test',
    failed: (stage) => failures.push(stage),
  })
  await untrusting.open()
  expect(untrusting.up).toBe(false)
  expect(failures).toEqual(['use Redis'])
  await Promise.all([bus.close(), untrusting.close()])
  await secured.stop()
})

test('R8 a wrong password is an outage that says so once', async () => {
  const failures: unknown[] = []
  const bus = new RedisBus({
    redis: { ...redisOptions(redis.url), password: 'wrong' },
    name: 'test',
    failed: (_stage, error) => failures.push(error),
  })
  await bus.open()
  expect(bus.up).toBe(false)
  expect(String(failures)).toContain('WRONGPASS')
  await bus.close()
})
