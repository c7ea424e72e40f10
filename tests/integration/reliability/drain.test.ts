import { expect, test } from 'bun:test'
import { addAgent, generalChannel, type Message, setUp } from '../../support/client.ts'
import { expectNoPostgres } from '../../support/postgres-processes.ts'
import { RawWebSocket, rawRequest } from '../../support/raw-socket.ts'
import { databaseOf, startServer } from '../../support/server.ts'
import { until, WsJournal } from '../../support/streams.ts'

test('I-60 SIGTERM: what is under way is answered, streams close with a reconnect hint, and the process is gone in time', async () => {
  const server = await startServer()
  const admin = await setUp(server)
  const bot = await addAgent(admin, 'forge')
  const general = (await generalChannel(admin)).id
  const path = '/api/v1/orgs/fieldnote'
  const ws = await WsJournal.open(`${server.url}${path}/channels/ws`, {
    Cookie: admin.cookieHeader,
    Origin: server.url,
  })
  const sse = rawRequest(server.port, [
    `GET ${path}/events/stream HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${bot.key}`,
  ])
  const stuck = new RawWebSocket(server.port, `${path}/channels/ws`, bot.headers)
  await until(() => sse.text().includes('stream.opened') && stuck.head !== '')
  stuck.socket.pause()

  // Whoever holds the org's head row holds up its writes: they are under way when the signal comes.
  const holder = databaseOf(server)
  const held = holder.begin(async (tx) => {
    await tx`select from org_heads for update`
    await until(() => signalled)
    await Bun.sleep(500)
  })
  let signalled = false
  for (let i = 0; i < 50; i++)
    ws.send({ type: 'message', channel_id: general, content: `by socket ${i}`, client_id: `s-${i}` })
  const posts = Array.from({ length: 20 }, (_, i) =>
    bot
      .in<Message>('POST', `/channels/${general}/messages`, { content: `by request ${i}` })
      .then(({ status }) => status),
  )
  await Bun.sleep(200)
  process.kill(server.pid, 'SIGTERM')
  signalled = true
  const statuses = await Promise.all(posts)
  await held
  await holder.end()
  await server.ended()

  expect(statuses).toEqual(Array.from({ length: 20 }, () => 201))
  expect(ws.ofType('ack')).toHaveLength(50)
  await until(() => ws.close_code !== undefined && sse.closed())
  expect(ws.close_code).toBe(1012)
  const retries = [...sse.text().matchAll(/^retry: (\d+)$/gm)].map((match) => Number(match[1]))
  expect(retries[0]).toBe(1_000)
  expect(retries.at(-1)).toBeWithin(500, 5_501)
  expect(retries).toHaveLength(2)

  await server.restart()
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages?limit=200`)
  const stored = new Set(body.data.map(({ id }) => id))
  const acked = ws.ofType('ack').map(({ id }) => String(id))
  expect(acked.filter((id) => !stored.has(id))).toEqual([])
  expect(body.data.filter(({ content }) => content.startsWith('by request'))).toHaveLength(20)
  await server.stop()
})

/** A server with a write that waits for a row lock until `release`. */
async function withHeldWrite() {
  const server = await startServer({ cluster: 'own' })
  const admin = await setUp(server)
  const general = (await generalChannel(admin)).id
  const holder = databaseOf(server)
  let over = false
  const held = holder
    .begin(async (tx) => {
      await tx`select from org_heads for update`
      await until(() => over)
    })
    .catch(() => undefined)
  const write = admin
    .in('POST', `/channels/${general}/messages`, { content: 'held up' })
    .then(({ status }) => status)
    .catch(() => undefined)
  await Bun.sleep(300)
  return {
    server,
    admin,
    general,
    write,
    async release() {
      over = true
      await Promise.all([held, write])
      await holder.end({ timeout: 1 }).catch(() => undefined)
    },
  }
}

const refusesConnections = async (url: string) =>
  (await fetch(`${url}/health`).catch(() => undefined)) === undefined

test('I-61 a signal to a process group arrives more than once: the repeats do not cut the drain', async () => {
  const { server, write, release } = await withHeldWrite()
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
    process.kill(server.pid, signal)
  await until(() => refusesConnections(server.url))
  await release()
  expect(await write).toBe(201)
  await server.ended()
  await expectNoPostgres(server.data_dir)
  await server.restart()
  expect(server.log()).not.toContain('recovered')
  await server.stop()
})

test.each(['SIGHUP', 'SIGQUIT'] as const)('I-60 %s drains like SIGTERM', async (signal) => {
  const { server, write, release } = await withHeldWrite()
  process.kill(server.pid, signal)
  await until(() => refusesConnections(server.url))
  await release()
  expect(await write).toBe(201)
  await server.ended()
  await expectNoPostgres(server.data_dir)
  await server.stop()
})

test('a second signal after a second ends the process at once, whatever is under way, and its PostgreSQL', async () => {
  const { server, admin, general, release } = await withHeldWrite()
  process.kill(server.pid, 'SIGTERM')
  await until(() => refusesConnections(server.url))
  await Bun.sleep(1_200)
  // The write is still held up: the process does not wait for it.
  await server.kill('SIGTERM')
  await expectNoPostgres(server.data_dir)
  await release()
  await server.restart()
  expect((await admin.in('POST', `/channels/${general}/messages`, { content: 'goes on' })).status).toBe(201)
  await server.stop()
})
