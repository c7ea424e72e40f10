/**
 * `lab.ts <wiring>`: a server whose every stream is wired the named way, in its own process. `POST /burst` pushes to all
 * of them, `POST /end` ends all of them, `GET /stats` says how they are.
 */
import { isWiring, WIRINGS, type Wired } from './wirings.ts'

export interface LabStats {
  open: number
  /** Streams whose end was reported to us by the runtime. */
  gone: number
  /** Bytes pushed and not waiting with us any more: the runtime or the kernel has them. */
  accepted_bytes: number
  pending_requests: number
  rss_bytes: number
  cpu_us: number
}

export interface Push {
  ticks: number
  per_tick: number
  size_bytes: number
}

const name = process.argv[2]
if (!isWiring(name)) throw new Error(`There is no wiring named ${name}`)
const wire = WIRINGS[name]
const streams = new Set<Wired>()
const requests = new Set<Request>()
let gone = 0
let pushed_bytes = 0

// A wiring's own error report is no part of the question.
process.on('unhandledRejection', () => undefined)

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 10,
  routes: {
    '/stream': (request, server) => {
      const keep = !request.url.endsWith('idle')
      if (keep) server.timeout(request, 0)
      const wired = wire(() => {
        gone++
        streams.delete(wired)
        requests.delete(request)
      })
      streams.add(wired)
      requests.add(request)
      setTimeout(() => wired.push(new TextEncoder().encode(': open\n\n'), ': open\n\n'), 1)
      const headers = { 'content-type': 'text/event-stream' }
      // The DOM's types do not know that this runtime takes a generator.
      const response: Response = Reflect.construct(Response, [wired.body, { headers }])
      return response
    },
    '/burst': {
      POST: async (request) => {
        await burst(await request.json())
        return Response.json({ delivered: streams.size })
      },
    },
    '/end': { POST: async (request) => Response.json({ known: end(await request.json()) }) },
    '/stats': (request) => {
      if (request.url.endsWith('gc')) Bun.gc(true)
      return Response.json(stats())
    },
  },
})
console.log(`port ${server.port}`)

function stats(): LabStats {
  const { user, system } = process.cpuUsage()
  let waiting = 0
  for (const wired of streams) waiting += wired.waiting()
  return {
    open: streams.size,
    gone,
    accepted_bytes: pushed_bytes - waiting,
    pending_requests: server.pendingRequests - 1,
    rss_bytes: process.memoryUsage.rss(),
    cpu_us: user + system,
  }
}

async function burst({ ticks, per_tick, size_bytes }: Push): Promise<void> {
  const text = `data: ~${'x'.repeat(size_bytes - 9)}\n\n`
  const frame = new TextEncoder().encode(text)
  for (let tick = 0; tick < ticks; tick++) {
    for (let at = 0; at < per_tick; at++)
      for (const wired of streams) {
        wired.push(frame, text)
        pushed_bytes += frame.length
      }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Ends every stream. `timeout` is the server's own way: one second for a request that was allowed for ever. */
function end({ how }: { how: 'close' | 'error' | 'timeout' }): boolean {
  if (how === 'timeout') {
    for (const request of requests) server.timeout(request, 1)
    return true
  }
  let known = true
  for (const wired of [...streams]) known = wired.end(how) && known
  // Not every wiring is told of an end that was its own doing.
  streams.clear()
  requests.clear()
  return known
}
