import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from '../../../src/contracts/ids.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'
import { SCHEMA_VERSION } from '../../../src/db/migrate.ts'
import { buildApp } from '../../e2e/support/app.ts'
import { type NodesBehind, startBehind } from '../../support/behind.ts'
import { hasCaddy, startCaddy } from '../../support/caddy.ts'
import { type Agent, addAgent, generalChannel, PASSWORD, type Person, setUp } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { expectWhole } from '../../support/nodes.ts'
import { plain } from '../../support/plain.ts'
import type { TestProxy } from '../../support/proxy.ts'
import type { TestServer } from '../../support/server.ts'
import { until } from '../../support/streams.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')

/** Answers after which a client library asks again. */
const RETRIED = [0, 502, 503, 504]

describe.skipIf(!hasCaddy)('an update of two nodes behind Caddy', () => {
  let behind: NodesBehind
  let folder: string
  let database: NodesBehind['database']
  let caddy: TestProxy
  let nodes: TestServer[]
  let hands: ReturnType<typeof Bun.serve>
  let admin: Person
  let agent: Agent
  let channel_id: string
  /** What was done to which node, in order. */
  const done: string[] = []
  let fails = ''

  beforeAll(async () => {
    await buildApp()
    behind = await startBehind(startCaddy)
    ;({ folder, database, nodes, proxy: caddy } = behind)
    // What ssh does elsewhere: drains a node, and starts its program again.
    hands = Bun.serve({
      port: 0,
      idleTimeout: 0,
      async fetch(request) {
        const name = new URL(request.url).pathname.slice(1)
        if (name === fails) return new Response('no', { status: 500 })
        done.push(name)
        await nodes['ab'.indexOf(name)]!.restart()
        return new Response('done')
      },
    })
    admin = await setUp({ url: caddy.url, setup_token: nodes[0]!.setup_token })
    agent = await addAgent(admin, 'forge')
    channel_id = (await generalChannel(admin)).id
  })
  afterAll(async () => {
    await hands?.stop(true)
    await behind?.stop()
  })

  function plan(more: object = {}) {
    const update = (name: string) => [
      process.execPath,
      '-e',
      `const answer = await fetch('http://127.0.0.1:${hands.port}/${name}'); process.exit(answer.ok ? 0 : 7)`,
    ]
    return {
      address: caddy.url,
      migrate: [process.execPath, 'src/main.ts', 'migrate', 'up'],
      nodes: ['a', 'b'].map((name, i) => ({ name, address: nodes[i]!.url, update: update(name) })),
      smoke: { email: 'ines@example.com' },
      ...more,
    }
  }

  async function deploy(of: object, version = SERVER_VERSION) {
    done.length = 0
    const file = join(folder, 'plan.json')
    writeFileSync(file, JSON.stringify(of))
    const child = Bun.spawn([process.execPath, 'scripts/deploy.ts', '--plan', file, '--version', version], {
      cwd: ROOT,
      env: {
        ...process.env,
        MC_SMOKE_PASSWORD: PASSWORD,
        MC_DATABASE_URL: urlOf(database.app),
        MC_DATABASE_OWNER_URL: urlOf(database.owner),
        MC_DATA_DIR: folder,
      },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    return { code: await child.exited, output: out + err }
  }

  test('under load: migrations, one node after the other, smoke test; no request fails that a client does not retry', async () => {
    let over = false
    const statuses: number[] = []
    const acknowledged: Message[] = []
    /** What a client library does: the same key until there is an answer that is final. */
    const post = async (content: string) => {
      const client_id = newId()
      for (;;) {
        const answer = await agent
          .in<Message>('POST', `/channels/${channel_id}/messages`, { content, client_id })
          .catch(() => undefined)
        const status = answer?.status ?? 0
        statuses.push(status)
        if (answer && status === 201) return answer.body
        if (!RETRIED.includes(status)) throw new Error(`answered ${status}`)
        await Bun.sleep(50)
      }
    }
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; !over; n++) {
        acknowledged.push(await post(`load ${writer} ${n}`))
        await Bun.sleep(20)
      }
    })
    const reads: number[] = []
    const reader = (async () => {
      while (!over) {
        const answer = await agent
          .in('GET', `/channels/${channel_id}/messages?limit=5`)
          .catch(() => undefined)
        reads.push(answer?.status ?? 0)
        await Bun.sleep(20)
      }
    })()
    await until(() => acknowledged.length > 20, 'the load')
    const { code, output } = await deploy(plan())
    const before_end = acknowledged.length
    await until(() => acknowledged.length > before_end + 20, 'the load afterwards')
    over = true
    await Promise.all([...writers, reader])

    expect([code, output]).toEqual([0, expect.stringContaining('0 failed')])
    expect(output).toContain(`The schema has version ${SCHEMA_VERSION}.`)
    const steps = output.split('\n').filter((line) => line.startsWith('== '))
    expect(steps).toEqual([
      '== migrations',
      '== update of a',
      `== a is ready with ${SERVER_VERSION}`,
      '== update of b',
      `== b is ready with ${SERVER_VERSION}`,
      '== smoke test',
    ])
    expect(done).toEqual(['a', 'b'])
    expect([...new Set(statuses)].filter((status) => ![201, ...RETRIED].includes(status))).toEqual([])
    expect([...new Set(reads)].filter((status) => ![200, ...RETRIED].includes(status))).toEqual([])
    const sql = plain(database.owner)
    try {
      const [org] = await sql<{ id: string }[]>`select id from organizations`
      await expectWhole(sql, org!.id, channel_id, acknowledged)
    } finally {
      await sql.end({ timeout: 1 })
    }
  })

  test('a node whose update fails, or which is not of the version, stops it there', async () => {
    fails = 'a'
    const failed = await deploy(plan())
    expect([failed.code, failed.output]).toEqual([
      1,
      expect.stringContaining('The update of a failed with exit code 7'),
    ])
    fails = ''
    expect(done).toEqual([])
    const migrations = await deploy(plan({ migrate: [process.execPath, '-e', 'process.exit(3)'] }))
    expect([migrations.code, migrations.output]).toEqual([
      1,
      expect.stringContaining('The migrations failed with exit code 3'),
    ])
    expect(done).toEqual([])
    expect((await deploy({ nodes: [] })).output).toContain('address must be an address')
    expect((await deploy(plan(), 'latest')).code).toBe(2)
  })

  test('a node serves on while the schema is newer than it knows: its turn comes later', async () => {
    const sql = plain(database.owner)
    const stateOf = async (node: TestServer) => (await fetch(`${node.url}/ready`)).status
    try {
      await sql`insert into mc_schema (version, name) values (${SCHEMA_VERSION + 1}, 'of the next version')`
      expect(await Promise.all(nodes.map(stateOf))).toEqual([200, 200])
      expect((await agent.in('GET', `/channels/${channel_id}/messages`)).status).toBe(200)
    } finally {
      await sql`delete from mc_schema where version > ${SCHEMA_VERSION}`
      await sql.end({ timeout: 1 })
    }
  })
})
