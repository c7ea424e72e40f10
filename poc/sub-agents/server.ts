/**
 * A server reduced to sub-agents: a host spawns them with a key of their own, each sees its task and that task's projects
 * and nothing else, until it is ended or its time is over. A process of its own, so that it can be killed.
 *
 * Environment: `PORT`, `PG_HOST`, `PG_PORT`, `PG_USER`, `PG_PASSWORD`, `PEPPER`, `HOST_KEY`, `CACHE=off` (forget verified keys).
 */
import postgres from 'postgres'
import { generateKey, hashKey, keyIdOf, Verifier } from './keys.ts'

const {
  PORT = '0',
  PG_HOST = '',
  PG_PORT = '',
  PG_USER = '',
  PG_PASSWORD = '',
  PEPPER = '',
  HOST_KEY = '',
} = process.env

const sql = postgres({
  host: PG_HOST,
  port: Number(PG_PORT),
  database: 'postgres',
  username: PG_USER,
  password: PG_PASSWORD,
  max: 12,
  onnotice: () => undefined,
})
const verifier = new Verifier(PEPPER, process.env.CACHE !== 'off')

class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

interface Scope {
  sub_agent_id: string
  task_id: string
}

/** Who asks. Revocation, end and time are looked at on every request: only the slow hash is remembered. */
async function scopeOf(request: Request): Promise<Scope> {
  const key = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
  const key_id = keyIdOf(key)
  if (!key_id) throw new Refused(401, 'INVALID_API_KEY')
  const [found] = await sql<(Scope & { bcrypt_hash: string; hmac: Uint8Array; good: boolean })[]>`
    SELECT k.bcrypt_hash, k.hmac, s.id AS sub_agent_id, s.task_id,
      k.revoked_at IS NULL AND s.status = 'active' AND s.expires_at > now() AS good
    FROM api_keys k JOIN sub_agents s ON s.id = k.sub_agent_id WHERE k.key_id = ${key_id}`
  if (!found?.good || !(await verifier.isRight(key, found))) throw new Refused(401, 'INVALID_API_KEY')
  return found
}

/**
 * One of at most `cap` that are active at once. The head row is locked while it is decided, so that spawns of all servers
 * go one after another; the slow hash is computed afterwards, by the winners only.
 */
async function spawn(task_id: string, timeout_ms: number): Promise<{ id: string; key: string }> {
  const id = Bun.randomUUIDv7()
  await sql.begin(async (tx) => {
    const [head] = await tx<{ cap: number }[]>`SELECT cap FROM org_heads WHERE org_id = 1 FOR UPDATE`
    const [active] = await tx<{ n: number }[]>`
      SELECT count(*)::int AS n FROM sub_agents WHERE status = 'active' AND expires_at > now()`
    if (active!.n >= head!.cap) throw new Refused(429, 'SUB_AGENT_LIMIT')
    await tx`
      INSERT INTO sub_agents (id, task_id, expires_at) VALUES (${id}, ${task_id}, now() + ${timeout_ms} * interval '1 millisecond')`
  })
  const { key, key_id } = generateKey()
  const { bcrypt_hash, hmac } = await hashKey(key, PEPPER)
  await sql`INSERT INTO api_keys (key_id, sub_agent_id, bcrypt_hash, hmac) VALUES (${key_id}, ${id}, ${bcrypt_hash}, ${hmac})`
  return { id, key }
}

async function end(id: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`UPDATE sub_agents SET status = 'terminated' WHERE id = ${id}`
    await tx`UPDATE api_keys SET revoked_at = now() WHERE sub_agent_id = ${id} AND revoked_at IS NULL`
  })
}

/** What a sub-agent may do. What it must not know of is 404, exactly as what does not exist. */
async function asSubAgent(request: Request, path: string[]): Promise<Response> {
  const { task_id, sub_agent_id } = await scopeOf(request)
  const [resource, id = ''] = path
  if (request.method === 'GET' && resource === 'tasks' && path.length === 2) {
    const [task] = await sql`SELECT id, title FROM tasks WHERE id::text = ${id} AND id = ${task_id}`
    if (task) return Response.json(task)
  }
  if (request.method === 'GET' && resource === 'projects' && path.length === 1)
    return Response.json({
      data: await sql`SELECT p.id, p.name FROM projects p JOIN task_projects t ON t.project_id = p.id WHERE t.task_id = ${task_id}`,
    })
  if (request.method === 'POST' && resource === 'channels' && path[2] === 'messages') {
    const { content } = (await request.json()) as { content: string }
    const [message] = await sql`
      INSERT INTO messages (id, channel_id, sender_id, content)
      SELECT ${Bun.randomUUIDv7()}, c.id, ${sub_agent_id}, ${content} FROM channels c
      JOIN task_projects t ON t.project_id = c.project_id WHERE t.task_id = ${task_id} AND c.id::text = ${id} RETURNING id`
    if (message) return Response.json(message, { status: 201 })
  }
  throw new Refused(404, 'NOT_FOUND')
}

async function asHost(request: Request, [action, id = '']: string[]): Promise<Response> {
  if (action === 'end') {
    await end(id)
    return new Response(null, { status: 204 })
  }
  if (action === 'stats') return Response.json({ bcrypt_calls: verifier.bcrypt_calls })
  if (action === 'bare') return Response.json(await sql`SELECT id, title FROM tasks LIMIT 1`)
  const { task_id, timeout_ms } = (await request.json()) as { task_id: string; timeout_ms: number }
  return Response.json(await spawn(task_id, timeout_ms), { status: 201 })
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(PORT),
  async fetch(request) {
    const [, first, ...path] = new URL(request.url).pathname.split('/')
    try {
      if (first !== 'host') return await asSubAgent(request, [first ?? '', ...path])
      if (request.headers.get('authorization') !== `Bearer ${HOST_KEY}`)
        throw new Refused(401, 'UNAUTHENTICATED')
      return await asHost(request, path)
    } catch (error) {
      const { status, code } = error instanceof Refused ? error : new Refused(500, 'INTERNAL')
      if (status === 500) console.error(error)
      return Response.json({ error: { code } }, { status })
    }
  },
})
console.log(JSON.stringify({ port: server.port }))
