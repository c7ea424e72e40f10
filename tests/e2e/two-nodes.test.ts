/**
 * Two nodes behind a real Caddy with TLS, without sticky sessions: each request and each reconnect may go to the other one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Browser } from 'playwright-core'
import { newId } from '../../src/contracts/ids.ts'
import type { Message } from '../../src/contracts/resources.ts'
import { hasCaddy, startCaddy, type TestCaddy } from '../support/caddy.ts'
import { type Agent, addAgent, generalChannel, join, type Person, setUp } from '../support/client.ts'
import { freshDatabase, urlOf } from '../support/cluster.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { freePort, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until, WsJournal } from '../support/streams.ts'
import { buildApp } from './support/app.ts'
import { hasBrowser, launch, openChannel, said, say, session, visit, waitForText } from './support/browser.ts'

const SECRET = 'a secret that both nodes of this test share, 0123'

describe.skipIf(!hasBrowser || !hasCaddy)('two nodes behind Caddy', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let redis: TestRedis
  let caddy: TestCaddy
  let browser: Browser
  let admin: Person
  let other: Person
  let agent: Agent
  let channel_id: string
  const nodes: TestServer[] = []

  beforeAll(async () => {
    // The authority of this Caddy is nobody's: this process has no other peers.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    await buildApp()
    ;[database, redis] = await Promise.all([freshDatabase(), startRedis()])
    const port = freePort()
    for (const name of ['a', 'b'])
      nodes.push(
        await startServer({
          env: {
            MC_DATABASE_URL: urlOf(database.app),
            MC_REDIS_URL: redis.url,
            MC_JWT_SECRET: SECRET,
            MC_KEY_PEPPER: SECRET,
            MC_NODE_ID: name,
            MC_PUBLIC_URL: `https://localhost:${port}`,
            MC_TRUSTED_PROXIES: '127.0.0.1/32',
          },
        }),
      )
    caddy = await startCaddy(
      nodes.map((node) => node.port),
      port,
    )
    admin = await setUp({ url: caddy.url, setup_token: nodes[0]!.setup_token })
    other = await join(admin, 'Bo')
    agent = await addAgent(admin, 'forge')
    channel_id = (await generalChannel(admin)).id
    browser = await launch(['--ignore-certificate-errors'])
  })
  afterAll(async () => {
    await browser?.close()
    await caddy?.stop()
    await Promise.all(nodes.map((node) => node.stop()))
    await redis?.stop()
    await database?.drop()
  })

  /** What a client library does: the same key until there is a final answer. */
  async function post(content: string, statuses: number[] = []): Promise<Message> {
    const client_id = newId()
    for (;;) {
      const answer = await agent
        .in<Message>('POST', `/channels/${channel_id}/messages`, { content, client_id })
        .catch(() => undefined)
      statuses.push(answer?.status ?? 0)
      if (answer && answer.status < 300) return answer.body
      if (answer && ![502, 503, 504].includes(answer.status)) throw new Error(`answered ${answer.status}`)
      await Bun.sleep(50)
    }
  }

  test('two people talk, whichever node each of them is at', async () => {
    const visits = await Promise.all([
      visit(browser, { ignoreHTTPSErrors: true }),
      visit(browser, { ignoreHTTPSErrors: true }),
    ])
    const people = [admin, other]
    for (const [i, { page }] of visits.entries()) {
      const email = i === 0 ? 'ines@example.com' : 'bo@example.com'
      await session(page, caddy.url, email)
      await openChannel(page, caddy.url, people[i]!.org, channel_id)
    }
    for (let n = 0; n < 6; n++) {
      const { page } = visits[n % 2]!
      await say(page, `line ${n}`)
      for (const one of visits) await waitForText(one.page, `line ${n}`)
    }
    for (const { page } of visits)
      expect((await said(page)).filter((text) => text.startsWith('line'))).toEqual(
        [0, 1, 2, 3, 4, 5].map((n) => `line ${n}`),
      )
    for (const { complaints, context } of visits) {
      expect(complaints).toEqual([])
      await context.close()
    }
  })

  test('an event stream is not held back, and its addresses are not logged', async () => {
    const stream = await SseJournal.open(
      `${caddy.url}/api/v1/orgs/${agent.org}/events/stream?types=message.created`,
      agent.headers,
    )
    await until(() => stream.events.some(({ type }) => type === 'stream.opened'), 'the first frame')
    await post('through the proxy')
    await until(() => stream.messages.length === 1, 'the message')
    await stream.close()
    expect(caddy.log()).not.toContain('types=')
    expect(caddy.log()).not.toContain(agent.key)
  })

  test('only the proxy may say for whom it asks', async () => {
    const forged = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'http' }
    await admin.call(
      'POST',
      '/auth/password',
      { email: 'ines@example.com', password: 'wrong wrong wrong' },
      forged,
    )
    const { body } = await admin.in<{ data: { type: string; payload: { ip?: string } }[] }>(
      'GET',
      '/events?types=auth.login_failure',
    )
    expect(body.data.length).toBeGreaterThan(0)
    expect(JSON.stringify(body.data)).not.toContain('203.0.113.9')
  })

  test('a rolling restart under load loses and repeats nothing, on any stream', async () => {
    const streams: SseJournal[] = []
    const sockets: WsJournal[] = []
    let over = false
    const events = `${caddy.url}/api/v1/orgs/${agent.org}/events/stream?types=message.created`
    /** A reader as clients have it: comes back with its cursor until all is over. */
    const reader = async () => {
      let cursor: string | undefined
      while (!over) {
        const headers = { ...agent.headers, ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }) }
        const stream = await SseJournal.open(events, headers).catch(() => undefined)
        if (stream?.status !== 200) {
          await Bun.sleep(50)
          continue
        }
        streams.push(stream)
        await until(() => stream.ended || over)
        cursor = stream.last_id ?? cursor
        if (over) await stream.close()
      }
    }
    const chat = async () => {
      const at = `${caddy.url}/api/v1/orgs/${agent.org}/channels/ws`
      let last = (await stored()).at(-1)?.seq ?? 0
      while (!over) {
        const socket = await WsJournal.open(at, agent.headers, {
          log: null,
          resume: { [channel_id]: last },
        }).catch(() => undefined)
        if (!socket) {
          await Bun.sleep(50)
          continue
        }
        sockets.push(socket)
        await until(() => socket.close_code !== undefined || over)
        last = socket.messages(channel_id).at(-1)?.seq ?? last
        if (over) socket.close()
      }
    }
    const stored = async () =>
      (
        await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=100`)
      ).body.data.toSorted((a, b) => a.seq - b.seq)

    const readers = [reader(), chat()]
    await until(() => streams.length === 1 && sockets.length === 1, 'the readers')
    const acknowledged: Message[] = []
    const statuses: number[] = []
    let sent = 0
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      while (!over) {
        acknowledged.push(await post(`rolling ${writer} ${sent++}`, statuses))
        await Bun.sleep(20)
      }
    })
    for (const node of nodes) {
      await Bun.sleep(500)
      await node.restart()
    }
    await Bun.sleep(500)
    const seen = () => streams.flatMap(({ messages }) => messages).map(({ id }) => id)
    const heard = () => sockets.flatMap((socket) => socket.messages(channel_id)).map(({ id }) => id)
    const ids = () => acknowledged.map(({ id }) => id)
    const marker = await post('the end')
    await until(() => seen().includes(marker.id) && heard().includes(marker.id), 'the end on both streams')
    over = true
    await Promise.all([...readers, ...writers])

    const before_end = (all: readonly string[]) => all.slice(0, all.indexOf(marker.id))
    for (const read of [before_end(seen()), before_end(heard())]) {
      expect(new Set(read).size).toBe(read.length)
      const by_seq = new Map(acknowledged.map(({ id, seq }) => [id, seq]))
      const earlier = ids().filter((id) => (by_seq.get(id) ?? 0) < marker.seq)
      expect(earlier.filter((id) => !read.includes(id))).toEqual([])
    }
    expect(before_end(seen()).slice(-20)).toEqual(before_end(heard()).slice(-20))
    // Whatever was not taken asked for a retry.
    expect(statuses.filter((status) => ![0, 201, 502, 503, 504].includes(status))).toEqual([])
  })
})
