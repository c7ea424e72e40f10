/**
 * The server of the proof, in its own process: `POST /events` stores and delivers, `GET /stream?topics=a,b` streams,
 * `POST /burst` publishes many events from within, `POST /match` only filters, `GET /stats` says what it costs.
 */
import { Hub, type Reader } from './hub.ts'
import { EventStream } from './stream.ts'

export interface ServerStats {
  readers: number
  head: number
  delivered: number
  waiting: { frames: number; bytes: number }
  rss_bytes: number
  cpu_us: number
}

export interface Burst {
  /** Ticks of the event loop, and events in each. */
  ticks: number
  per_tick: number
  topics: number
  size_bytes: number
}

const hub = new Hub()

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  // A stream is quiet for as long as nothing happens; only its own timeout is lifted below.
  idleTimeout: 10,
  routes: {
    '/events': {
      POST: async (request) => {
        const { topic, data }: { topic: string; data: unknown } = await request.json()
        return Response.json({ id: hub.publish(topic, data) }, { status: 201 })
      },
    },
    '/stream': (request, server) => {
      server.timeout(request, 0)
      const topics = new Set(new URL(request.url).searchParams.get('topics')?.split(','))
      const reader: Reader = { topics, stream: new EventStream(() => hub.remove(reader)) }
      const cursor = request.headers.get('last-event-id')
      reader.stream.push(new TextEncoder().encode(': open\n\n'))
      void hub.serve(reader, cursor === null ? hub.head : Number(cursor))
      return new Response(reader.stream.body, {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
      })
    },
    '/burst': { POST: async (request) => Response.json(await burst(await request.json())) },
    '/match': { POST: async (request) => Response.json(match(await request.json())) },
    '/stats': (request) => {
      if (request.url.endsWith('gc')) Bun.gc(true)
      return Response.json(stats())
    },
  },
})
console.log(`port ${server.port}`)

function stats(): ServerStats {
  return {
    readers: hub.readers,
    head: hub.head,
    delivered: hub.delivered,
    waiting: hub.waiting,
    rss_bytes: process.memoryUsage.rss(),
    cpu_us: cpu(),
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function burst({ ticks, per_tick, topics, size_bytes }: Burst): Promise<{ delivered: number }> {
  const before = hub.delivered
  const text = 'x'.repeat(size_bytes)
  let sent = 0
  for (let tick = 0; tick < ticks; tick++) {
    for (let at = 0; at < per_tick; at++) hub.publish(`t${sent++ % topics}`, { mark: '~', text })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { delivered: hub.delivered - before }
}

/** CPU time of matching alone, so that the filter's share can be told. */
function match({ events, topics, how }: { events: number; topics: number; how: 'index' | 'scan' }): {
  matched: number
  cpu_us: number
} {
  const before_us = cpu()
  let matched = 0
  for (let at = 0; at < events; at++) matched += hub.match(`t${at % topics}`, how)
  return { matched, cpu_us: cpu() - before_us }
}
