import { randomBytes } from 'node:crypto'
import { urlOf } from '../../support/cluster.ts'
import { type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { plain } from '../../support/plain.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'
import { freePort } from '../../support/server.ts'
import { pick, type Random } from '../random.ts'
import type { Target } from '../target.ts'
import { watchFence } from './fence-watch.ts'
import { ActorsNode, type ChaosNode, HttpNode } from './node.ts'
import { type ChaosOrg, foundOrgs } from './orgs.ts'

/** Several nodes on one PostgreSQL and one Redis, with orgs. */
export interface Stage {
  http_nodes: HttpNode[]
  /** Without HTTP, under Deno. */
  actors_nodes: ActorsNode[]
  /** All of both kinds. */
  nodes: ChaosNode[]
  redis: TestRedis
  database: OwnDatabase
  orgs: ChaosOrg[]
  /** Of the app, whichever node serves it. */
  origin: string
  /** The node that took an org last; undefined while PostgreSQL is away. */
  ownerOf(org_id: string): Promise<ChaosNode | undefined>
  stop(): Promise<void>
}

interface Options {
  http_nodes: number
  actors_nodes?: number
  orgs: number
  env?: Record<string, string>
}

export async function openStage(options: Options): Promise<Stage> {
  const origin = `http://localhost:${freePort()}`
  const ends: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const end of ends.toReversed()) await end()
  }
  try {
    const database = await startOwnDatabase()
    ends.push(() => database.stop())
    await watchFence(database.superuser)
    const redis = await startRedis()
    ends.push(() => redis.stop())
    const common = {
      MC_DATABASE_URL: urlOf(database.app),
      MC_DATABASE_POOL: '6',
      MC_REDIS_URL: redis.url,
      MC_PUBLIC_URL: origin,
      MC_JWT_SECRET: randomBytes(32).toString('base64url'),
      MC_KEY_PEPPER: randomBytes(32).toString('base64url'),
      MC_SSE_HEARTBEAT_SECONDS: '2',
      MC_LOG_LEVEL: 'warn',
      DEPLOYMENT_MODE: 'multi-tenant',
      ...options.env,
    }
    const begun = <N extends ChaosNode>(node: N): N => {
      ends.push(() => node.stop())
      return node
    }
    const http_nodes: HttpNode[] = []
    for (let n = 0; n < options.http_nodes; n++) http_nodes.push(begun(await HttpNode.start(`n${n}`, common)))
    const actors_nodes: ActorsNode[] = []
    for (let n = 0; n < (options.actors_nodes ?? 0); n++)
      actors_nodes.push(begun(await ActorsNode.start(`d${n}`, common)))
    const nodes = [...http_nodes, ...actors_nodes]
    const orgs = await foundOrgs(http_nodes[0]!.server, options.orgs)
    return {
      http_nodes,
      actors_nodes,
      nodes,
      redis,
      database,
      orgs,
      origin,
      async ownerOf(org_id) {
        const sql = plain(database.owner, false)
        try {
          const [take] = await sql<{ node: string }[]>`
            select node from chaos.takes where org_id = ${org_id} order by id desc limit 1`
          return nodes.find(({ id }) => id === take?.node)
        } catch {
          // PostgreSQL restarts.
          return undefined
        } finally {
          await sql.end({ timeout: 1 })
        }
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A client of an org as one person, who goes to a random other node each time, as from a node that does not answer. */
export function targetOf(
  { http_nodes, origin }: Pick<Stage, 'http_nodes' | 'origin'>,
  { id, slug, inside, outside }: ChaosOrg,
  is_inside: boolean,
  random: Random,
): Target {
  const person = is_inside ? inside : outside
  let last: HttpNode | undefined
  return {
    url() {
      last = pick(
        random,
        http_nodes.filter((node) => node !== last),
      )
      return last.url
    },
    org_id: id,
    org: slug,
    headers: {
      Cookie: person.cookieHeader,
      'X-CSRF-Token': person.cookies.get('mc_csrf') ?? '',
      Origin: origin,
    },
  }
}
