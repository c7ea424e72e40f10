import { type Criteria, short } from '../lib/criteria.ts'
import { median, percentile } from '../lib/figures.ts'
import { openStage, type Server, type Stage } from './stage.ts'

/** Its task, its channel, its projects; whatever else it asks for is not there. */
export async function checkScope(c: Criteria, { world }: Stage, server: Server): Promise<void> {
  const { key, status } = await server.spawn(world.task_id)
  c.check('S1', 'spawning', status, { equals: 201 })
  c.check('S2', 'its own task', await server.status(key, 'GET', `/tasks/${world.task_id}`), { equals: 200 })
  const said = { content: 'hello' }
  c.check(
    'S3',
    'a message in its own channel',
    await server.status(key, 'POST', `/channels/${world.channel_id}/messages`, said),
    { equals: 201 },
  )
  const elsewhere = [
    server.status(key, 'GET', `/tasks/${world.other_task_id}`),
    server.status(key, 'GET', `/tasks/${Bun.randomUUIDv7()}`),
    server.status(key, 'GET', '/tasks/no-id'),
    server.status(key, 'POST', `/channels/${world.other_channel_id}/messages`, said),
    server.status(key, 'GET', '/tasks'),
    server.status(key, 'GET', '/users'),
    server.status(key, 'DELETE', `/tasks/${world.task_id}`),
  ]
  const statuses = await Promise.all(elsewhere)
  c.check('S4', 'anything else: answers that are not 404', statuses.filter((code) => code !== 404).length, {
    equals: 0,
  })
  const foreign = await (await server.call(key, 'GET', `/tasks/${world.other_task_id}`)).text()
  const random = await (await server.call(key, 'GET', `/tasks/${Bun.randomUUIDv7()}`)).text()
  c.check('S5', 'what is hidden and what does not exist are answered alike', foreign === random, {
    equals: true,
  })
  const list = (await (await server.call(key, 'GET', '/projects')).json()) as { data: { id: string }[] }
  c.check('S6', 'its list of projects', list.data.map(({ id }) => id).join(), { equals: world.project_id })
}

/** Ended, or out of time, also while the server was away. */
export async function checkEnd(c: Criteria, { world }: Stage, server: Server): Promise<void> {
  const path = `/tasks/${world.task_id}`
  const ended = await server.spawn(world.task_id)
  const warm = await server.status(ended.key, 'GET', path)
  await server.end(ended.id)
  c.check(
    'E1',
    'terminated, with a verified key: the next request',
    `${warm} then ${await server.status(ended.key, 'GET', path)}`,
    {
      equals: '200 then 401',
    },
  )

  const brief = await server.spawn(world.task_id, 1_500)
  const begun_ms = performance.now()
  const before = await server.status(brief.key, 'GET', path)
  while ((await server.status(brief.key, 'GET', path)) === 200 && performance.now() - begun_ms < 10_000)
    await Bun.sleep(20)
  const after = await server.status(brief.key, 'GET', path)
  c.check('E2', 'out of time', `${before} then ${after}`, { equals: '200 then 401' })
  c.note(
    'E2',
    'refused after (the time was 1,500 ms, from before its key was hashed)',
    performance.now() - begun_ms,
    'ms',
  )

  const forgotten = await server.spawn(world.task_id, 1_500)
  const alive = await server.status(forgotten.key, 'GET', path)
  await server.kill()
  await Bun.sleep(2_000)
  await server.start()
  c.check(
    'E3',
    'out of time while the server was killed',
    `${alive} then ${await server.status(forgotten.key, 'GET', path)}`,
    {
      equals: '200 then 401',
    },
  )
}

/** Many at once, at two servers, over several rounds. */
export async function checkCap(c: Criteria, cap: number): Promise<void> {
  const stage = await openStage(cap)
  try {
    const servers = [await stage.server(), await stage.server()]
    const rounds = short ? 2 : 6
    let wrong = 0
    for (let round = 0; round < rounds; round++) {
      const spawned = await Promise.all(
        Array.from({ length: 50 }, (_, i) => servers[i % 2]!.spawn(stage.world.task_id)),
      )
      const made = spawned.filter(({ status }) => status === 201)
      const refused = spawned.filter(({ status }) => status === 429)
      if (made.length !== cap || refused.length !== 50 - cap) wrong++
      for (const { id } of made) await servers[0]!.end(id)
    }
    c.check(
      'C1',
      `${rounds} rounds of 50 spawns at once at two servers: rounds with more or fewer than ${cap}`,
      wrong,
      {
        equals: 0,
      },
    )
  } finally {
    await stage.stop()
  }
}

async function loop(
  rounds: number,
  clients: number,
  run: () => Promise<unknown>,
): Promise<{ p50: number; p99: number; rate: number }> {
  const taken: number[] = []
  const begin_ms = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let i = 0; i < rounds / clients; i++) {
        const at = performance.now()
        await run()
        taken.push(performance.now() - at)
      }
    }),
  )
  const rate = (taken.length / (performance.now() - begin_ms)) * 1000
  return { p50: median(taken), p99: percentile(taken, 99), rate }
}

/** What a request's key costs, remembered or not, right or wrong. */
export async function measureCost(c: Criteria, stage: Stage, server: Server): Promise<void> {
  const path = `/tasks/${stage.world.task_id}`
  const { key } = await server.spawn(stage.world.task_id)
  await server.status(key, 'GET', path)
  const rounds = short ? 200 : 2_000
  const right = async () => {
    if ((await server.status(key, 'GET', path)) !== 200) throw new Error('a right key was refused')
  }
  const tell = (id: string, text: string, { p50, p99, rate }: { p50: number; p99: number; rate: number }) =>
    c.note(id, `${text}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms; requests/s`, Math.round(rate))
  await loop(100, 1, right)
  const bare = await loop(rounds, 1, () => server.bare())
  const remembered = await loop(rounds, 1, right)
  const before = await server.bcryptCalls()
  const many = await loop(rounds, 16, right)
  const after = await server.bcryptCalls()
  const forgetful = await stage.server({ CACHE: 'off' })
  const slow = await loop(short ? 4 : 20, 1, async () => {
    if ((await forgetful.status(key, 'GET', path)) !== 200) throw new Error('a right key was refused')
  })
  tell('K1', 'one query and no key', bare)
  tell('K2', 'key checked and scope, verified before', remembered)
  tell('K2', 'the same, 16 clients', many)
  tell('K3', 'the same without remembering', slow)
  c.check('K4', 'slow hashes while a verified key was used again', after - before, { equals: 0 })
  c.check('K5', 'what key and scope add to one query, p50', remembered.p50 - bare.p50, {
    max: short ? 100 : 5,
    unit: 'ms',
  })

  const wrong = `${key.slice(0, -4)}${key.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`
  const unknown = key.replace(/tmp_.{12}/, 'tmp_000000000000')
  const counted = await server.bcryptCalls()
  const guesses = await loop(rounds, 1, async () => {
    if ((await server.status(wrong, 'GET', path)) !== 401) throw new Error('a wrong key was let in')
  })
  for (const guess of [unknown, 'mc_ak_tmp_x', '', `${key}x`, key.toUpperCase()])
    if ((await server.status(guess, 'GET', path)) !== 401) throw new Error('a wrong key was let in')
  tell('K6', 'a wrong key', guesses)
  c.check('K6', 'slow hashes that wrong keys cost', (await server.bcryptCalls()) - counted, { equals: 0 })
}

/** The key is shown once: no table has it, whole or its secret part. */
export async function checkStored(c: Criteria, { sql, world }: Stage, server: Server): Promise<void> {
  const { key } = await server.spawn(world.task_id)
  const secret = key.split('_').slice(4).join('_')
  const tables = await sql<
    { name: string }[]
  >`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`
  let found = 0
  let rows = 0
  for (const { name } of tables)
    for (const { text } of await sql<{ text: string }[]>`SELECT t::text AS text FROM ${sql(name)} t`) {
      rows++
      if (text.includes(secret)) found++
    }
  c.check('D1', `rows of ${tables.length} tables (${rows} rows) that hold the key`, found, { equals: 0 })
}
