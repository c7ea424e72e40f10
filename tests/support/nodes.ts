import type postgres from 'postgres'
import type { ConnectionOptions } from '../../src/db/connection.ts'
import { Agent, type Message, Person, setUp } from './client.ts'
import { type FreshDatabase, freshDatabase, urlOf } from './cluster.ts'
import { plain } from './plain.ts'
import { startRedis, type TestRedis } from './redis.ts'
import { freePort, startServer, type TestServer } from './server.ts'

/** Several nodes on one database and one Redis. */
export interface TestNodes {
  /** Named a, b, c, … in this order. */
  nodes: TestServer[]
  redis: TestRedis
  /** Of the database: the superuser, past every policy, and the server's own role. */
  owner: ConnectionOptions
  app: ConnectionOptions
  sql: postgres.Sql
  /** First administrator, signed in on node a. */
  admin: Person
  /** The node that owns an org by the directory, if any. */
  ownerOf(org_id: string): Promise<TestServer | undefined>
  /** The node that wrote last, once it is in the directory. */
  settledOwner(org_id: string): Promise<TestServer>
  metric(node: TestServer, line: string): Promise<number>
  stop(): Promise<void>
}

interface Options {
  /** A Redis that a test started itself; the cluster stops it. */
  redis?: TestRedis
  env?: Record<string, string>
  /** What the nodes use instead of the database and of Redis, e.g. proxies in front of them. */
  database_url?(node: number, url: string): string
  redis_url?(node: number, url: string): string
}

export const SECRET = 'a secret that all nodes of a test share, 0123456789'

/** Nodes without anybody who has signed in. */
export interface BareNodes {
  nodes: TestServer[]
  redis: TestRedis
  database: FreshDatabase
  stop(): Promise<void>
}

/** Starts empty nodes on a database and a Redis of their own. */
export async function launchNodes(count: number, options: Options = {}): Promise<BareNodes> {
  const [database, redis] = await Promise.all([freshDatabase(), options.redis ?? startRedis()])
  const nodes: TestServer[] = []
  const stop = async () => {
    // A stopped process takes no signal but these.
    for (const { pid } of nodes) signal(pid, 'SIGCONT')
    signal(redis.pid, 'SIGCONT')
    const ended = await Promise.allSettled(nodes.map((node) => node.stop()))
    await redis.stop()
    await database.drop()
    for (const one of ended) if (one.status === 'rejected') throw one.reason
  }
  const start = (i: number) =>
    startServer({
      port: freePort(),
      env: {
        MC_DATABASE_URL: options.database_url?.(i, urlOf(database.app)) ?? urlOf(database.app),
        MC_DATABASE_POOL: '6',
        MC_REDIS_URL: options.redis_url?.(i, redis.url) ?? redis.url,
        MC_JWT_SECRET: SECRET,
        MC_KEY_PEPPER: SECRET,
        MC_NODE_ID: nameOf(i),
        ...options.env,
      },
    })
  try {
    // One after the other: the first one makes the partitions.
    for (let i = 0; i < count; i++) nodes.push(await start(i))
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, redis, database, stop }
}

export async function startNodes(count: number, options: Options = {}): Promise<TestNodes> {
  const env = { DEPLOYMENT_MODE: 'multi-tenant', ...options.env }
  const { nodes, redis, database, stop } = await launchNodes(count, { ...options, env })
  const sql = plain(database.owner)
  const [first] = nodes
  if (!first) throw new Error('a cluster has a node')
  const cluster: TestNodes = {
    nodes,
    redis,
    owner: database.owner,
    app: database.app,
    sql,
    admin: await setUp(first),
    async ownerOf(org_id) {
      const entry = (await redis.cli('get', `mc:owner:${org_id}`)).trim()
      const [name] = entry.split('.')
      return nodes[nodes.findIndex((_, i) => nameOf(i) === name)]
    },
    async settledOwner(org_id) {
      for (;;) {
        const owner = await cluster.ownerOf(org_id)
        if (owner) return owner
        await Bun.sleep(20)
      }
    },
    async metric(node, line) {
      const text = await (await fetch(`${node.url}/metrics`)).text()
      const found = text.split('\n').find((one) => one.startsWith(`${line} `))
      return Number(found?.split(' ')[1] ?? 0)
    },
    async stop() {
      await sql.end({ timeout: 1 })
      await stop()
    },
  }
  return cluster
}

function nameOf(i: number): string {
  return String.fromCharCode(97 + i)
}

/** A signal to a process that may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended.
  }
}

/** The same person on another node: nodes share sessions. */
export function personAt(person: Person, node: { url: string }): Person {
  const there = new Person(node.url)
  for (const [name, value] of person.cookies) there.cookies.set(name, value)
  there.user_id = person.user_id
  there.org = person.org
  return there
}

export function agentAt(agent: Agent, node: { url: string }): Agent {
  return new Agent(node.url, agent.org, agent.key, agent.user)
}

/** An org with its channel, made by a person of the cluster. */
export async function makeOrgAt(
  person: Person,
  slug: string,
): Promise<{ id: string; person: Person; channel_id: string }> {
  const made = await person.call<{ id: string }>('POST', '/api/v1/orgs', { name: slug, slug })
  if (made.status !== 201) throw new Error(`no org: ${JSON.stringify(made.body)}`)
  const there = personAt(person, person)
  there.org = slug
  const { body } = await there.in<{ data: { id: string; name: string }[] }>('GET', '/channels')
  const channel = body.data.find(({ name }) => name === 'general')
  if (!channel) throw new Error('no channel general')
  return { id: made.body.id, person: there, channel_id: channel.id }
}

/** What a client library does: repeats a request under one key until it has an answer that is final. */
export async function postSurely(
  person: Pick<Person, 'in'>,
  channel_id: string,
  content: string,
  { tries = 200, answers = [] as number[] } = {},
): Promise<Message> {
  const key = crypto.randomUUID()
  for (let i = 0; i < tries; i++) {
    const answer = await person
      .in<Message>('POST', `/channels/${channel_id}/messages`, { content }, { 'Idempotency-Key': key })
      .catch(() => undefined)
    answers.push(answer?.status ?? 0)
    if (answer?.status === 201) return answer.body
    if (answer && answer.status !== 503) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    await Bun.sleep(50)
  }
  throw new Error(`"${content}" was never taken: ${answers.join(' ')}`)
}

/** The messages of a channel in the database: each with its seq, in order. */
export async function storedMessages(
  sql: postgres.Sql,
  channel_id: string,
): Promise<{ id: string; content: string; seq: number }[]> {
  return await sql<{ id: string; content: string; seq: number }[]>`
    select id, content, seq::int as seq from messages where channel_id = ${channel_id} order by seq`
}

/** Throws unless every acknowledged message is stored once, and seq and sequence have no hole. */
export async function expectWhole(
  sql: postgres.Sql,
  org_id: string,
  channel_id: string,
  acked: readonly Pick<Message, 'id' | 'content' | 'seq'>[],
): Promise<void> {
  const stored = await storedMessages(sql, channel_id)
  stored.forEach(({ seq }, i) => {
    if (seq !== i + 1) throw new Error(`a hole in the channel before seq ${seq}`)
  })
  const by_content = Map.groupBy(stored, ({ content }) => content)
  for (const { id, content, seq } of acked) {
    const found = by_content.get(content) ?? []
    if (found.length !== 1 || found[0]?.id !== id || found[0].seq !== seq)
      throw new Error(`"${content}" was acknowledged as ${seq} and is stored ${found.length} times`)
  }
  const sequences = await sql<{ sequence: number }[]>`
    select sequence::int as sequence from events where org_id = ${org_id} order by sequence`
  sequences.forEach(({ sequence }, i) => {
    if (sequence !== i + 1) throw new Error(`a hole in the log before ${sequence}`)
  })
}
