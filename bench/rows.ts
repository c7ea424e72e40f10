import autocannon from 'autocannon'
import postgres from 'postgres'
import type { OneReader } from '../src/db/client.ts'
import { messagesBefore } from '../src/db/queries/messages.ts'
import { listTasks } from '../src/db/queries/tasks.ts'
import { types } from '../src/db/types.ts'
import { addAgent, generalChannel, type Person } from '../tests/support/client.ts'
import { startServer } from '../tests/support/server.ts'
import { fillOrg } from '../tests/support/volume.ts'
import { cpuSeconds, percentile, startReference } from './lib.ts'
import { measureRoom, openSocket, type RoomProtocol } from './load/room.ts'
import { openSender } from './load/sender.ts'
import { openStreams } from './load/sse.ts'
import { anotherOrg, type Product, raiseLimits } from './product.ts'
import { singleRowInserts } from './reference/inserts.ts'

/** What one run of a row gives: figures by name, `product` and its references among them. */
export type Figures = Record<string, number>

export interface Row {
  name: string
  unit: string
  /** How the figure is judged: `product / reference` against floor and goal, or an absolute bound. */
  judge: { reference: string; floor: number; goal: number } | { at_most: number; goal: number }
  /** `window`: messages that a sender of stored messages has under way. */
  run(product: Product, seconds: number, window: number): Promise<Figures>
}

const cookies = (person: Person) => ({
  Cookie: person.cookieHeader,
  'X-CSRF-Token': person.cookies.get('mc_csrf') ?? '',
  Origin: person.url,
})

function productRoom(person: Person, channel_id: string): RoomProtocol {
  let n = 0
  return {
    async connect(onFrame) {
      const socket = await openSocket(
        `${person.url.replace('http', 'ws')}/api/v1/orgs/${person.org}/channels/ws`,
        cookies(person),
        onFrame,
      )
      socket.send(JSON.stringify({ type: 'hello' }))
      return socket
    },
    encode: (content) =>
      JSON.stringify({ type: 'message', channel_id, content, client_id: `b${n++}-${Math.random()}` }),
    isMessage: (text) => text.startsWith('{"type":"message"'),
    isAnswer: (text) => text.startsWith('{"type":"ack"'),
  }
}

const webSocketFanOut: Row = {
  name: 'WebSocket fan-out, 500 clients in one channel, 10 senders',
  unit: 'delivered frames/s',
  judge: { reference: 'socket.io', floor: 3, goal: Number.NaN },
  async run({ admin }, seconds) {
    const load = { clients: 500, senders: 10, window: 8, seconds }
    const channel = (await admin.in<{ id: string }>('POST', '/channels', { name: `fan-out ${Date.now()}` }))
      .body.id
    const product = await measureRoom(productRoom(admin, channel), load)

    const bun = await startReference(['bun', 'bench/reference/bun-ws.ts'])
    const raw = await measureRoom(
      {
        connect: (onFrame) => openSocket(`ws://127.0.0.1:${bun.port}`, {}, onFrame),
        encode: (body) => body,
        isMessage: () => true,
        isAnswer: (text, tag) => text.startsWith(tag),
      },
      load,
    )
    await bun.stop()

    const io = await startReference(['node', 'bench/reference/socket-io.mjs'])
    const { io: connect } = await import('socket.io-client')
    const socket_io = await measureRoom(
      {
        async connect(onFrame) {
          const socket = connect(`http://127.0.0.1:${io.port}`, {
            transports: ['websocket'],
            forceNew: true,
            reconnection: false,
          })
          socket.on('message', onFrame)
          await new Promise<void>((resolve, reject) =>
            socket.on('connect', () => resolve()).on('connect_error', reject),
          )
          return { send: (text) => socket.emit('message', text), close: () => socket.close() }
        },
        encode: (body) => body,
        isMessage: () => true,
        isAnswer: (text, tag) => text.startsWith(tag),
      },
      load,
    )
    await io.stop()
    return { product, 'socket.io': socket_io, 'raw Bun publish': raw }
  },
}

const sseFanOut: Row = {
  name: 'SSE fan-out, 2,000 streams over 10 topics',
  unit: 'delivered frames/s',
  judge: { reference: 'raw Bun SSE', floor: 0.5, goal: 0.8 },
  async run({ admin, agent, server }, seconds) {
    const streams = 2_000
    const channels: string[] = []
    for (let i = 0; i < 10; i++)
      channels.push((await admin.in<{ id: string }>('POST', '/channels', { name: `topic ${i}` })).body.id)
    const requests = Array.from(
      { length: streams },
      (_, i) =>
        `/api/v1/orgs/${admin.org}/events/stream?topics=channel:${channels[i % 10]} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${agent.key}\r\n\r\n`,
    )
    const product = await fanOut(server.port, requests, seconds, async (next) => {
      const socket = await openSocket(
        `${admin.url.replace('http', 'ws')}/api/v1/orgs/${admin.org}/channels/ws`,
        cookies(admin),
        (text) => text.startsWith('{"type":"ack"') && next(),
      )
      socket.send(JSON.stringify({ type: 'hello' }))
      await Bun.sleep(100)
      let n = 0
      return {
        send: () =>
          socket.send(
            JSON.stringify({ type: 'message', channel_id: channels[n++ % 10], content: 'x'.repeat(300) }),
          ),
        close: () => socket.close(),
      }
    })
    const bun = await startReference(['bun', 'bench/reference/bun-sse.ts'])
    const raw_requests = Array.from(
      { length: streams },
      (_, i) => `/?topic=${i % 10} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    )
    const raw = await fanOut(bun.port, raw_requests, seconds, async (next) => {
      const socket = await openSocket(`ws://127.0.0.1:${bun.port}/ws`, {}, () => next())
      let n = 0
      // The same bytes per event as the product's envelope.
      return {
        send: () => socket.send(JSON.stringify({ topic: String(n++ % 10), content: 'x'.repeat(1_000) })),
        close: () => socket.close(),
      }
    })
    await bun.stop()
    return { product, 'raw Bun SSE': raw }
  },
}

async function fanOut(
  port: number,
  requests: string[],
  seconds: number,
  connect: (next: () => void) => Promise<{ send(): void; close(): void }>,
): Promise<number> {
  const streams = await openStreams(port, requests)
  let running = true
  const senders: { send(): void; close(): void }[] = []
  for (let i = 0; i < 10; i++) {
    const sender = await connect(() => running && sender.send())
    senders.push(sender)
  }
  for (const sender of senders) sender.send()
  await Bun.sleep(1_500)
  const before = streams.count()
  const started_at = performance.now()
  await Bun.sleep(seconds * 1000)
  const rate = (streams.count() - before) / ((performance.now() - started_at) / 1000)
  running = false
  await Bun.sleep(300)
  for (const sender of senders) sender.close()
  streams.close()
  await Bun.sleep(500)
  return rate
}

/** Where one sender of stored messages writes, and as whom. */
interface Seat {
  url: string
  org: string
  headers: Record<string, string>
  channel_id: string
}

/** Acknowledged messages per second; a sender sends the next one when one of those under way is acknowledged. */
async function storedMessages(seats: readonly Seat[], seconds: number, window: number): Promise<number> {
  let acked = 0
  let running = true
  const sockets = await Promise.all(
    seats.map(async ({ url, org, headers, channel_id }, i) => {
      let n = 0
      const tag = `s${i}-${Math.random()}-`
      const frame = JSON.stringify({ type: 'message', channel_id, content: 'x'.repeat(300), client_id: tag })
      const send = () => socket.send(`${frame.slice(0, -2)}${n++}"}`)
      const socket = await openSender(`${url}/api/v1/orgs/${org}/channels/ws`, headers, () => {
        acked++
        if (running) send()
      })
      socket.send(JSON.stringify({ type: 'hello' }))
      return { socket, send }
    }),
  )
  await Bun.sleep(200)
  for (const { send } of sockets) for (let i = 0; i < window; i++) send()
  await Bun.sleep(1_000)
  acked = 0
  const started_at = performance.now()
  await Bun.sleep(seconds * 1000)
  const rate = acked / ((performance.now() - started_at) / 1000)
  running = false
  await Bun.sleep(300)
  for (const { socket } of sockets) {
    if (socket.ended()) throw new Error('The server closed a sender')
    socket.close()
  }
  return rate
}

/** Agents that each have a project, and so a channel, of their own: what is measured is storing, not fan-out. */
async function agentsInProjects(admin: Person, count: number): Promise<Seat[]> {
  const made: Seat[] = []
  for (let i = 0; i < count; i++) {
    const agent = await addAgent(admin, `sender-${i}`)
    const project = await admin.in<{ channel_id: string }>('POST', '/projects', {
      name: `Sender ${i}`,
      type: 'software',
      assigned_user_ids: [agent.user.id],
    })
    const { url, org, headers } = agent
    made.push({ url, org, headers, channel_id: project.body.channel_id })
  }
  return made
}

let seats: Seat[] | undefined
const storedOneOrg: Row = {
  name: 'stored and acknowledged messages, one org, 32 senders',
  unit: 'messages/s',
  judge: { reference: 'single-row inserts', floor: 1, goal: 2 },
  async run({ admin, database }, seconds, window) {
    seats ??= await agentsInProjects(admin, 32)
    const product = await storedMessages(seats, seconds, window)
    return { product, 'single-row inserts': await singleRowInserts(database, 32, seconds) }
  },
}

/** One person in each of so many orgs, alone in the channel. */
async function peopleInOrgs(admin: Person, count: number): Promise<Seat[]> {
  const made: Seat[] = []
  for (let i = 0; i < count; i++) {
    const person = await anotherOrg(admin, `bench-${i}`)
    await raiseLimits(person)
    const { id: channel_id } = await generalChannel(person)
    made.push({ url: person.url, org: person.org, headers: cookies(person), channel_id })
  }
  return made
}

let orgs: Seat[] | undefined
const stored32Orgs: Row = {
  name: 'the same over 32 orgs',
  unit: 'messages/s',
  judge: { reference: 'single-row inserts', floor: 1, goal: 2 },
  async run({ admin, database }, seconds, window) {
    orgs ??= await peopleInOrgs(admin, 32)
    const product = await storedMessages(orgs, seconds, window)
    return { product, 'single-row inserts': await singleRowInserts(database, 32, seconds) }
  },
}

const postToSeen: Row = {
  name: 'post → seen by another client, p99 at 200 messages/s',
  unit: 'ms',
  judge: { at_most: 50, goal: 10 },
  async run({ admin, agent }, seconds) {
    const channel_id = (await generalChannel(admin)).id
    const url = `${admin.url.replace('http', 'ws')}/api/v1/orgs/${admin.org}/channels/ws`
    const sent_at = new Map<string, number>()
    const latencies: number[] = []
    const reader = await openSocket(url, agent.headers, (text) => {
      const found = /"content":"(t\d+)/.exec(text)
      const at = found && sent_at.get(found[1]!)
      if (at) latencies.push(performance.now() - at)
    })
    reader.send(JSON.stringify({ type: 'hello' }))
    const writer = await openSocket(url, cookies(admin), () => undefined)
    writer.send(JSON.stringify({ type: 'hello' }))
    await Bun.sleep(300)
    const started_at = performance.now()
    for (let n = 0; performance.now() - started_at < seconds * 1000; n++) {
      const wait = started_at + n * 5 - performance.now()
      if (wait > 0) await Bun.sleep(wait)
      sent_at.set(`t${n}`, performance.now())
      writer.send(JSON.stringify({ type: 'message', channel_id, content: `t${n}`.padEnd(300, ' x') }))
    }
    await Bun.sleep(500)
    reader.close()
    writer.close()
    return { product: percentile(latencies, 99), p50: percentile(latencies, 50), messages: latencies.length }
  },
}

/** Tasks as a team has them: assigned, in projects, some with evidence, some blocked. */
async function someTasks({ admin, agent }: Product): Promise<void> {
  const project = await admin.in<{ id: string }>('POST', '/projects', {
    name: `Bench ${Date.now()}`,
    type: 'software',
    description: 'What is measured.',
  })
  await admin.in('PUT', `/projects/${project.body.id}/users/${agent.user.id}`)
  let before: string | undefined
  for (let i = 0; i < 60; i++) {
    const { body } = await admin.in<{ id: string }>('POST', '/tasks', {
      title: `Resume uploads after an app kill, part ${i}`,
      description: 'Entries of the last session must be uploaded after a restart. '.repeat(4),
      project_ids: [project.body.id],
      assignee_ids: i % 2 === 0 ? [agent.user.id] : [],
    })
    if (i % 5 === 0 && before) await admin.in('PUT', `/tasks/${body.id}/dependencies/${before}`)
    if (i % 4 === 0)
      await admin.in('POST', `/tasks/${body.id}/evidence`, {
        type: 'pr_link',
        url: 'https://git.example.com/app/pulls/412',
      })
    before = body.id
  }
}

/** Calls `run` from so many clients at once, each again when it has its answer; gives calls per second. */
async function closedLoop(clients: number, seconds: number, run: () => Promise<unknown>): Promise<number> {
  await Promise.all(Array.from({ length: clients }, run))
  let done = 0
  const started_at = performance.now()
  const until = started_at + seconds * 1000
  const client = async () => {
    while (performance.now() < until) {
      await run()
      done++
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return done / ((performance.now() - started_at) / 1000)
}

async function requests(product: Product, path: string, seconds: number): Promise<number> {
  const url = `${product.admin.url}/api/v1/orgs/${product.admin.org}${path}`
  const headers = product.agent.headers
  // What was compiled a moment ago is not what a server runs for days.
  await autocannon({ url, connections: 32, duration: 2, headers })
  const result = await autocannon({ url, connections: 32, duration: seconds, headers })
  if (result.non2xx > 0)
    throw new Error(`${result.non2xx} refused: ${JSON.stringify(result.statusCodeStats)}`)
  return result.requests.average
}

const taskList: Row = {
  name: 'REST read: task list of 25, authorised, RLS',
  unit: 'requests/s',
  judge: { reference: 'the same query through postgres.js', floor: 0.4, goal: 0.7 },
  async run(product, seconds) {
    await someTasks(product)
    const figure = await requests(product, '/tasks?per_page=25', seconds)
    // The superuser needs no scope and meets no policy: nothing but the driver and the query.
    const sql = postgres({ ...product.database, ssl: false, max: 16, types, onnotice: () => undefined })
    const alone: OneReader = { readOne: async (org_id, build) => await build(sql, org_id) }
    const [org] = await sql<{ id: string }[]>`select id from organizations where slug = ${product.admin.org}`
    const page = { page: 1, per_page: 25 }
    const reference = await closedLoop(32, seconds, () => listTasks(alone, org!.id, page))
    await sql.end()
    return { product: figure, 'the same query through postgres.js': reference }
  },
}

const messageList: Row = {
  name: 'REST read: 25 messages of a channel, authorised, RLS',
  unit: 'requests/s',
  judge: { reference: 'the same query through postgres.js', floor: Number.NaN, goal: Number.NaN },
  async run(product, seconds) {
    const { admin, database } = product
    const channel_id = (await generalChannel(admin)).id
    for (let i = 0; i < 30; i++)
      await admin.in('POST', `/channels/${channel_id}/messages`, { content: 'x'.repeat(300) })
    const figure = await requests(product, `/channels/${channel_id}/messages?limit=25`, seconds)
    const sql = postgres({ ...database, ssl: false, max: 16, types, onnotice: () => undefined })
    const [org] = await sql<{ id: string }[]>`select id from organizations where slug = ${admin.org}`
    const last = Number.MAX_SAFE_INTEGER
    const reference = await closedLoop(32, seconds, () => messagesBefore(sql, org!.id, channel_id, last, 26))
    await sql.end()
    return { product: figure, 'the same query through postgres.js': reference }
  },
}

const taskCreate: Row = {
  name: 'task create by REST, one org, 32 clients',
  unit: 'requests/s',
  judge: { reference: 'single-row inserts', floor: Number.NaN, goal: Number.NaN },
  async run({ admin, agent, database }, seconds) {
    const { body: project } = await admin.in<{ id: string }>('POST', '/projects', {
      name: `Create ${Date.now()}`,
      type: 'software',
      description: 'What is measured.',
    })
    const result = await autocannon({
      url: `${admin.url}/api/v1/orgs/${admin.org}/tasks`,
      method: 'POST',
      connections: 32,
      duration: seconds,
      headers: { ...agent.headers, 'content-type': 'application/json' },
      body: JSON.stringify({
        title: 'Resume uploads after an app kill',
        description: 'Entries of the last session must be uploaded after a restart.',
        project_ids: [project.id],
      }),
    })
    if (result.non2xx > 0)
      throw new Error(`${result.non2xx} refused: ${JSON.stringify(result.statusCodeStats)}`)
    return {
      product: result.requests.average,
      'single-row inserts': await singleRowInserts(database, 32, seconds),
      'p99 ms': result.latency.p99,
    }
  },
}

/** Lists as a board, a person and an agent ask for them, over an org of years. */
const LISTS = [
  '/tasks?per_page=25',
  '/tasks?per_page=100',
  '/tasks?status=in-progress&sort=priority',
  '/tasks?assigned_to=me&blocked=false&sort=priority',
  '/tasks?blocked=true',
  '/tasks?priority=critical&type=bug&sort=updated_at',
  '/tasks?q=invoice+retry',
  '/tasks?q=AUTH-471',
  '/tasks?page=100&sort=title&order=asc',
  '/tasks?include_archived=true&sort=status',
  '/projects?per_page=25',
  '/projects?per_page=100',
  '/projects?stage=development&sort=name&order=asc',
  '/projects?q=invoice',
  '/projects?assigned_to=me&include_archived=true',
  '/channels?per_page=100',
]

let large: Person | undefined
const largeOrg: Row = {
  name: 'lists of an org with 100,000 tasks and 2,000 projects: p95 of the slowest list',
  unit: 'ms',
  judge: { at_most: 30, goal: 10 },
  async run({ admin, database }, seconds) {
    if (!large) {
      large = await anotherOrg(admin, 'large')
      const sql = postgres({ ...database, ssl: false, max: 1, onnotice: () => undefined })
      const size = { members: 200, projects: 2_000, tasks: 100_000, messages: 1_000, notifications: 0 }
      const { body } = await large.in<{ id: string }>('GET', '')
      await fillOrg(sql, body.id, admin.user_id, size)
      await sql.end()
    }
    const figures: Figures = {}
    for (const path of LISTS) {
      const times: number[] = []
      const until = performance.now() + (seconds * 1000) / 2
      while (performance.now() < until || times.length < 40) {
        const started_at = performance.now()
        const { status } = await large.in('GET', path)
        if (status !== 200) throw new Error(`${path}: ${status}`)
        times.push(performance.now() - started_at)
      }
      figures[path] = percentile(times, 95)
    }
    return { product: Math.max(...Object.values(figures)), ...figures }
  },
}

const startTime: Row = {
  name: 'process start to /ready, existing data',
  unit: 's',
  judge: { at_most: 3, goal: 1 },
  async run() {
    const server = await startServer()
    await server.kill('SIGTERM')
    const started_at = performance.now()
    await server.restart()
    const product = (performance.now() - started_at) / 1000
    await server.stop()
    return { product }
  },
}

const idle: Row = {
  name: 'idle connections: 2,000 SSE + 2,000 WebSocket, scaled to 10,000 + 10,000',
  unit: 'MiB RSS',
  judge: { at_most: 1024, goal: 300 },
  async run({ admin, agent, server }) {
    const rss = async () =>
      Number(/VmRSS:\s+(\d+)/.exec(await Bun.file(`/proc/${server.pid}/status`).text())?.[1]) / 1024
    const before = await rss()
    const cpu_before = await cpuSeconds(server.pid)
    const streams = await openStreams(
      server.port,
      Array.from(
        { length: 2_000 },
        () =>
          `/api/v1/orgs/${admin.org}/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${agent.key}\r\n\r\n`,
      ),
    )
    const sockets = []
    for (let i = 0; i < 2_000; i++) {
      const socket = await openSocket(
        `${admin.url.replace('http', 'ws')}/api/v1/orgs/${admin.org}/channels/ws`,
        agent.headers,
        () => undefined,
      )
      socket.send(JSON.stringify({ type: 'hello' }))
      sockets.push(socket)
    }
    await Bun.sleep(3_000)
    const growth = (await rss()) - before
    const cpu = (await cpuSeconds(server.pid)) - cpu_before
    streams.close()
    for (const socket of sockets) socket.close()
    await Bun.sleep(1_000)
    return {
      product: before + growth * 5,
      'KiB per connection': (growth * 1024) / 4_000,
      'CPU s to connect': cpu,
    }
  },
}

export const ROWS: Record<string, Row> = {
  websocket: webSocketFanOut,
  sse: sseFanOut,
  stored: storedOneOrg,
  orgs: stored32Orgs,
  latency: postToSeen,
  tasks: taskList,
  messages: messageList,
  create: taskCreate,
  large: largeOrg,
  idle,
  start: startTime,
}
