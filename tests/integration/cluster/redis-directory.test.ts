import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { RedisBus } from '../../../src/cluster/redis-bus.ts'
import { RedisDirectory } from '../../../src/cluster/redis-directory.ts'
import { redisOptions } from '../../../src/cluster/redis-url.ts'
import { Fenced } from '../../../src/domain/ownership.ts'
import { eventually } from '../../support/bus-contract.ts'
import { DIRECTORY_RULES } from '../../support/directory-contract.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

const ORG = '00000000-0000-7000-8000-0000000000ff'
const KEY = `mc:owner:${ORG}`
const LEASE_MS = 600

let redis: TestRedis
let bus: RedisBus
beforeAll(async () => {
  redis = await startRedis()
  bus = new RedisBus({ redis: redisOptions(redis.url), name: 'test', failed: () => undefined })
  await bus.open()
})
beforeEach(async () => {
  await eventually(() => bus.up, 'up')
  await redis.cli('flushall')
})
afterAll(async () => {
  await bus.close()
  await redis.stop()
})

const open: RedisDirectory[] = []
function directory(node_id: string, lease_ms = LEASE_MS) {
  const lost: string[] = []
  let taken = 0
  const made = new RedisDirectory({
    node_id,
    bus,
    lease_ms,
    lost: (org_id) => void lost.push(org_id),
    tookOver: () => void taken++,
  })
  open.push(made)
  return { made, lost, taken: () => taken }
}
beforeEach(() => {
  for (const one of open.splice(0)) one.close()
})
afterAll(() => {
  for (const one of open.splice(0)) one.close()
})

const entry = async () => (await redis.cli('get', KEY)).trim()
/** How often Redis ran scripts, and wrote. */
async function calls() {
  const stats = await redis.cli('info', 'commandstats')
  const of = (command: string) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  return { eval: of('eval'), set: of('set') }
}

async function eventuallyOwner(of: RedisDirectory, node_id: string | undefined) {
  while ((await of.ownerOf(ORG)) !== node_id) await Bun.sleep(10)
}

describe('R. the contract of a directory: Redis', () => {
  for (const [title, holds] of DIRECTORY_RULES)
    test(title, () => holds(directory('a').made, directory('b').made))
})

test('R13 an entry lasts while its owner renews it, and expires after it', async () => {
  const [a, b] = [directory('a'), directory('b')]
  await a.made.announce(ORG, 7)
  expect(await entry()).toBe('a:7')
  await Bun.sleep(LEASE_MS * 3)
  await eventually(() => a.made.holds(ORG), 'a holds it')
  await eventuallyOwner(b.made, 'a')
  a.made.close()
  await eventuallyOwner(b.made, undefined)
  expect(a.made.holds(ORG)).toBe(false)
})

test('R13 all orgs of a node are renewed together, and a node without an org renews nothing', async () => {
  const a = directory('a')
  for (let i = 0; i < 40; i++) await a.made.announce(`org-${i}`, 1)
  const before = await calls()
  await Bun.sleep(LEASE_MS * 2)
  const after = await calls()
  const renewals = after.eval - before.eval
  expect(renewals).toBeGreaterThan(0)
  expect(after.set - before.set).toBe(40 * renewals)
  for (let i = 0; i < 40; i++) await a.made.release(`org-${i}`, 1)
  expect(a.made.owned).toBe(0)
  const released = await calls()
  await Bun.sleep(LEASE_MS * 2)
  expect(await calls()).toEqual(released)
})

test('R14 a former owner learns of the later one at its next renewal, and a lost entry is written again', async () => {
  const [a, b] = [directory('a'), directory('b')]
  await a.made.announce(ORG, 1)
  await b.made.announce(ORG, 2)
  await eventually(() => a.lost.length > 0, 'a lost it')
  expect(a.lost).toEqual([ORG])
  await eventuallyOwner(a.made, 'b')
  expect([a.made.holds(ORG), b.taken()]).toEqual([false, 1])
  await redis.cli('flushall')
  await eventually(() => b.made.holds(ORG), 'b holds it')
  while ((await entry()) !== 'b:2') await Bun.sleep(20)
  expect(b.lost).toEqual([])
})

test('R15 the entry of a node that did not answer does not count, until the org has a later one', async () => {
  const [a, b, c] = [directory('a'), directory('b', 60_000), directory('c')]
  await a.made.announce(ORG, 1)
  b.made.distrust(ORG, 'a')
  expect([await b.made.ownerOf(ORG), await c.made.ownerOf(ORG)]).toEqual([undefined, 'a'])
  await c.made.announce(ORG, 2)
  expect(await b.made.ownerOf(ORG)).toBe('c')
  const d = directory('d')
  await a.made.announce(ORG, 3)
  d.made.distrust(ORG, 'a')
  await eventuallyOwner(d.made, 'a')
})

test('R16 while Redis hangs an announcement is neither taken for written nor for failed, and calls stay here', async () => {
  const [a, b] = [directory('a'), directory('b')]
  redis.pause()
  await a.made.announce(ORG, 1)
  expect(a.made.holds(ORG)).toBe(false)
  expect(await a.made.ownerOf(ORG)).toBe('a')
  expect(await b.made.ownerOf(ORG)).toBe('b')
  await b.made.release(ORG, 1)
  redis.resume()
  await eventually(() => bus.up, 'up')
  await eventually(() => a.made.holds(ORG), 'written by a renewal')
  await eventuallyOwner(b.made, 'a')
})

test('R16 while Redis is away each node calls its own actors, and the latest epoch holds when it is back', async () => {
  const [a, b] = [directory('a'), directory('b')]
  await a.made.announce(ORG, 1)
  await redis.kill()
  await eventually(() => !bus.up, 'down')
  await b.made.announce(ORG, 2)
  expect([a.made.ownerOf(ORG), b.made.ownerOf(ORG)]).toEqual(['a', 'b'])
  await redis.start()
  await eventually(() => bus.up && a.lost.length > 0, 'a lost it')
  await eventuallyOwner(a.made, 'b')
  await eventuallyOwner(b.made, 'b')
  await expect(a.made.announce(ORG, 1)).rejects.toThrow(Fenced)
})

test('R8 a user of Redis with the rights that the documents name is enough', async () => {
  const operations = await Bun.file(join(import.meta.dir, '../../../docs/operations.md')).text()
  const [, rights = ''] = /needs the keys `mc:\*`, the channels `mc:\*` and `([^`]+)`/.exec(operations) ?? []
  await redis.cli('acl', 'setuser', 'mc', 'on', '>pw', '~mc:*', '&mc:*', '-@all', ...rights.split(' '))
  const url = redis.url.replace('//', '//mc:pw@')
  const narrow = new RedisBus({ redis: redisOptions(url), name: 'test', failed: () => undefined })
  await narrow.open()
  const got: string[] = []
  const stop = await narrow.subscribe('t', (text) => got.push(text))
  expect(await narrow.publish('t', 'x')).toBe(1)
  await eventually(() => got.length === 1, 'the message')
  stop()
  const a = new RedisDirectory({
    node_id: 'a',
    bus: narrow,
    lease_ms: LEASE_MS,
    lost: () => undefined,
    tookOver: () => undefined,
  })
  open.push(a)
  await a.announce(ORG, 1)
  expect(await entry()).toBe('a:1')
  await a.release(ORG, 1)
  expect(await entry()).toBe('')
  await narrow.close()
})
