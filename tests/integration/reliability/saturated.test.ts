import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Agent, addAgent, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'

/**
 * Agents that always have dozens of messages under way, so that full batches follow each other, while the server and
 * then its PostgreSQL are killed. Whoever is refused or cut off sends the same again.
 */

const AGENTS = 10
const UNDER_WAY = 48

let server: TestServer
let admin: Person
const writers: Writer[] = []

beforeAll(async () => {
  server = await startServer({ cluster: 'own', env: { MC_LOG_LEVEL: 'error' } })
  admin = await setUp(server)
  for (let i = 0; i < AGENTS; i++) {
    const agent = await addAgent(admin, `writer-${i}`)
    const { body } = await admin.in<{ channel_id: string }>('POST', '/projects', {
      name: `Writer ${i}`,
      type: 'software',
      assigned_user_ids: [agent.user.id],
    })
    writers.push(new Writer(agent, body.channel_id))
  }
})
afterAll(() => server.stop())

interface Frame {
  type: string
  client_id?: string
  seq?: number
}

/** Keeps so many messages under way until stopped, then waits for the rest. */
class Writer {
  readonly channel_id: string
  readonly acked = new Map<string, number>()
  readonly #agent: Agent
  readonly #open = new Set<string>()
  #made = 0
  #writing = true

  constructor(agent: Agent, channel_id: string) {
    this.#agent = agent
    this.channel_id = channel_id
  }

  async run(): Promise<void> {
    while (this.#writing || this.#open.size > 0) {
      await this.#connection()
      await Bun.sleep(50)
    }
  }

  stop(): void {
    this.#writing = false
  }

  /** One connection, until it is closed or nothing is left to do. */
  async #connection(): Promise<void> {
    const url = `${this.#agent.url.replace('http', 'ws')}/api/v1/orgs/${this.#agent.org}/channels/ws`
    const socket: WebSocket = Reflect.construct(WebSocket, [url, { headers: this.#agent.headers }])
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const send = (client_id: string) => {
      const content = client_id.padEnd(300, ' word')
      socket.send(JSON.stringify({ type: 'message', channel_id: this.channel_id, content, client_id }))
    }
    const goOn = () => {
      while (this.#writing && this.#open.size < UNDER_WAY) {
        const client_id = `m${this.#made++}`
        this.#open.add(client_id)
        send(client_id)
      }
      if (!this.#writing && this.#open.size === 0) socket.close()
    }
    socket.onclose = () => end()
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: 'hello' }))
    }
    socket.onmessage = ({ data }) => {
      const { type, client_id = '', seq = 0 } = JSON.parse(String(data)) as Frame
      if (type === 'ready') {
        for (const id of this.#open) send(id)
        goOn()
      } else if (type === 'ack') {
        this.acked.set(client_id, seq)
        this.#open.delete(client_id)
        goOn()
      } else if (type === 'error' && this.#open.has(client_id))
        setTimeout(() => socket.readyState === WebSocket.OPEN && send(client_id), 50)
    }
    await ended
  }
}

test('under full load no kill of the server or of PostgreSQL loses, doubles or reorders a message', async () => {
  const running = Promise.all(writers.map((writer) => writer.run()))
  const acked = () => writers.reduce((sum, writer) => sum + writer.acked.size, 0)
  const goesOn = async (by: number) => {
    for (const from = acked(); acked() < from + by; ) await Bun.sleep(50)
  }
  await goesOn(5_000)
  for (let round = 0; round < 2; round++) {
    await server.kill('SIGKILL')
    await server.restart()
    await goesOn(3_000)
    const pid = readFileSync(join(server.data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8')
    process.kill(Number(pid.split('\n')[0]), 'SIGKILL')
    await goesOn(3_000)
  }
  for (const writer of writers) writer.stop()
  await running

  const database = databaseOf(server)
  for (const { channel_id, acked } of writers) {
    const rows = await database<{ seq: number; client_id: string }[]>`
      select seq::int, client_id from messages where channel_id = ${channel_id} order by seq`
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, i) => i + 1))
    // Each under one client_id, at the place that was acknowledged.
    expect(rows.length).toBe(acked.size)
    expect(rows.filter(({ seq, client_id }) => acked.get(client_id) !== seq)).toEqual([])
  }
  const [log] = await database<{ whole: boolean; n: number }[]>`
    select count(*)::int as n, count(distinct sequence) = max(sequence) - min(sequence) + 1 as whole from events
    where org_id = (select id from organizations where slug = ${admin.org})`
  expect(log?.whole).toBe(true)
  await database.end()
})
