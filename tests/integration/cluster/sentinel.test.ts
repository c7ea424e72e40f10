import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisBus } from '../../../src/cluster/redis-bus.ts'
import { redisOptions } from '../../../src/cluster/redis-url.ts'
import { startRedis } from '../../support/redis.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const PASSWORD = 'shared by master and replica'

/** A real Sentinel that watches a master and promotes a replica when it is gone. */
async function startSentinel(master_port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'mc-sentinel-'))
  const port = freePort()
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master_port} 1`,
      `sentinel auth-pass main "${PASSWORD}"`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
    ].join('\n'),
  )
  const child = Bun.spawn(['redis-server', file, '--sentinel'], { stdout: 'ignore', stderr: 'inherit' })
  const ask = async (...command: string[]) => {
    const run = Bun.spawn(['redis-cli', '-p', String(port), ...command], { stdout: 'pipe', stderr: 'ignore' })
    return await new Response(run.stdout).text()
  }
  await until(async () => (await ask('ping')).startsWith('PONG'), 'the Sentinel')
  return {
    port,
    ask,
    async stop() {
      child.kill('SIGKILL')
      await child.exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

test('R7 by Sentinel the bus follows the master to its replica', async () => {
  const [master, replica] = await Promise.all([
    startRedis({ password: PASSWORD }),
    startRedis({ password: PASSWORD }),
  ])
  for (const one of [master, replica]) await one.cli('config', 'set', 'masterauth', PASSWORD)
  await replica.cli('replicaof', '127.0.0.1', String(master.port))
  await until(
    async () => (await replica.cli('info', 'replication')).includes('master_link_status:up'),
    'a replica in step',
  )
  const sentinel = await startSentinel(master.port)
  await until(
    async () => (await sentinel.ask('sentinel', 'replicas', 'main')).includes(String(replica.port)),
    'Sentinel',
  )

  const nobody = `localhost:${freePort()}`
  const url = `redis+sentinel://:${encodeURIComponent(PASSWORD)}@${nobody},localhost:${sentinel.port}/main`
  const bus = new RedisBus({ redis: redisOptions(url), name: 'test', failed: () => undefined })
  await bus.open()
  await until(() => bus.up, 'the bus')
  const got: string[] = []
  await bus.subscribe('t', (text) => got.push(text))
  expect(await bus.publish('t', 'before')).toBe(1)

  await master.kill()
  await until(() => !bus.up, 'an outage')
  await until(() => bus.up, 'the replica as master')
  expect(await bus.publish('t', 'after')).toBe(1)
  await until(() => got.length === 2, 'both messages')
  expect(got).toEqual(['before', 'after'])
  await bus.command((redis) => redis.set('mc:test', '1'))
  expect((await replica.cli('get', 'mc:test')).trim()).toBe('1')

  await bus.close()
  await sentinel.stop()
  await Promise.all([master.stop(), replica.stop()])
})
