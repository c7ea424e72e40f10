import type { ConnectionOptions } from '../src/db/connection.ts'
import { type Agent, addAgent, Person, setUp } from '../tests/support/client.ts'
import { startServer, type TestServer } from '../tests/support/server.ts'

/** The product as it is shipped, with limits raised far enough to be loaded. */
export interface Product {
  server: TestServer
  admin: Person
  agent: Agent
  /** The embedded database as its superuser, for references on the same database. */
  database: ConnectionOptions
  stop(): Promise<void>
}

export async function startProduct(env: Record<string, string> = {}): Promise<Product> {
  const server = await startServer({
    cluster: 'own',
    env: { MC_LOG_LEVEL: 'error', DEPLOYMENT_MODE: 'multi-tenant', ...profiled(), ...env },
  })
  const admin = await setUp(server)
  await raiseLimits(admin)
  const agent = await addAgent(admin, 'bench')
  return { server, admin, agent, database: server.connection('superuser'), stop: () => server.stop() }
}

export async function raiseLimits(admin: Person): Promise<void> {
  const settings = {
    connection_limits: { sse: 100_000, websocket: 100_000 },
    agent_limits: { loop_brake: { messages: 0, minutes: 2 } },
  }
  const answer = await admin.in('PATCH', '', { settings })
  if (answer.status !== 200) throw new Error(`limits: ${JSON.stringify(answer.body)}`)
}

/** Another org of the same person, on a multi-tenant server. */
export async function anotherOrg(admin: Person, slug: string): Promise<Person> {
  const made = await admin.call('POST', '/api/v1/orgs', { name: slug, slug })
  if (made.status !== 201) throw new Error(`org: ${JSON.stringify(made.body)}`)
  const there = new Person(admin.url)
  for (const [name, value] of admin.cookies) there.cookies.set(name, value)
  there.user_id = admin.user_id
  there.org = slug
  return there
}

/** What makes a server write a profile into the folder of `--profile` when it ends. */
export function profiled(): Record<string, string> {
  const folder = process.env.BENCH_PROFILE
  return folder === undefined ? {} : { BUN_OPTIONS: `--cpu-prof-md --cpu-prof-dir=${folder}` }
}
