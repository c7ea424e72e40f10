import { readFileSync } from 'node:fs'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
} from '../../tests/support/client.ts'
import { rssOf } from '../../tests/support/server.ts'
import { cpuSeconds } from '../lib.ts'
import { type Idlers, type IdlersPlan, openIdlers } from '../load/idlers.ts'
import { anotherOrg, type Product, raiseLimits, startProduct } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

/** What the bound is about. */
const WANTED = 10_000
/** Descriptors of the server that are no connections of clients. */
const OTHER_DESCRIPTORS = 1_000
/** As many as the descriptors of this machine allow; memory is scaled to what is wanted, and said so. */
const OF_A_KIND = Math.min(WANTED, Math.floor((descriptorsMax() - OTHER_DESCRIPTORS) / 2))
/** Agents of each of the two orgs; they share the connections. */
const AGENTS = 10
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4']
const SETTLE_MS = 5_000
const BROADCASTS = 5

/** Half of the connections belong to each org. */
const idle: Row = {
  name: 'idle connections of two orgs on one node: 10,000 SSE + 10,000 WebSocket',
  unit: 'MiB RSS',
  judge: [
    { at_most: 1024, goal: 300 },
    { figure: 'frames that reached the other org', at_most: 0, goal: 0 },
  ],
  runs_max: 1,
  async run() {
    const product = await startProduct({ MC_HOST: '0.0.0.0' })
    const opened: Idlers[] = []
    try {
      return await measure(product, opened)
    } finally {
      for (const one of opened) await one.close()
      await product.stop()
    }
  },
}

async function measure(product: Product, opened: Idlers[]): Promise<Figures> {
  const { server, admin } = product
  if (OF_A_KIND < WANTED)
    console.log(
      `  ${OF_A_KIND} of each: this machine allows ${descriptorsMax()} descriptors; memory is scaled`,
    )
  const there = await anotherOrg(admin, 'elsewhere')
  await raiseLimits(there)
  const agents: Agent[] = []
  for (let n = 0; n < AGENTS; n++)
    for (const org of [admin, there]) agents.push(await addAgent(org, `listener-${n}`))
  const before = rssOf(server.pid)
  const cpu_before = await cpuSeconds(server.pid)
  const plan = (kind: IdlersPlan['kind'], path: string): IdlersPlan => ({
    kind,
    port: server.port,
    addresses: ADDRESSES,
    seats: agents.map(({ org, headers }) => ({ path: `/api/v1/orgs/${org}/${path}`, headers })),
    count: OF_A_KIND,
  })
  opened.push(await openIdlers(plan('sse', 'events/stream')))
  opened.push(await openIdlers(plan('websocket', 'channels/ws')))
  await Bun.sleep(SETTLE_MS)
  const cpu = (await cpuSeconds(server.pid)) - cpu_before
  const rss = rssOf(server.pid)
  for (const one of opened) await one.count()
  const posting_cpu = await cpuSeconds(server.pid)
  await broadcast(admin)
  await Bun.sleep(SETTLE_MS)
  const counts = await Promise.all(opened.map((one) => one.count()))
  const sumOf = (org: number) =>
    counts.flat().reduce((sum, frames, seat) => sum + (seat % 2 === org ? frames : 0), 0)
  return {
    product: before + ((rss - before) * WANTED) / OF_A_KIND,
    'connections of each kind': OF_A_KIND,
    'KiB per connection': ((rss - before) * 1024) / (2 * OF_A_KIND),
    'SSE connections accepted per second': (OF_A_KIND / opened[0]!.open_ms) * 1_000,
    'WebSocket connections accepted per second': (OF_A_KIND / opened[1]!.open_ms) * 1_000,
    'CPU ms per connection': (cpu * 1_000) / (2 * OF_A_KIND),
    'frames per broadcast to its org': sumOf(0) / BROADCASTS,
    'frames that reached the other org': sumOf(1),
    'CPU ms per broadcast': (((await cpuSeconds(server.pid)) - posting_cpu) * 1_000) / BROADCASTS,
  }
}

async function broadcast(person: Person): Promise<void> {
  const { id } = await generalChannel(person)
  for (let n = 0; n < BROADCASTS; n++) {
    const posted = await person.in<Message>('POST', `/channels/${id}/messages`, { content: `To all ${n}` })
    if (posted.status !== 201) throw new Error(`not posted: ${posted.status}`)
    await Bun.sleep(200)
  }
}

/** Hard limit of descriptors of a process here; the server raises its own to it. */
function descriptorsMax(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1] ?? 20_000)
}

export const connections: Rows = { idle }
