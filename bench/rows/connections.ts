import { rssOf } from '../../tests/support/server.ts'
import { cpuSeconds } from '../lib.ts'
import { openChannels } from '../load/socket.ts'
import { openStreams } from '../load/sse.ts'
import type { Row, Rows } from '../row.ts'

const CONNECTIONS = 2_000
/** The row's bound is about 10,000 of each kind; 2,000 of each are opened and the growth is scaled. */
const SCALE = 10_000 / CONNECTIONS
const SETTLE_MS = 3_000

const idle: Row = {
  name: 'idle connections: 2,000 SSE + 2,000 WebSocket, scaled to 10,000 + 10,000',
  unit: 'MiB RSS',
  judge: [{ at_most: 1024, goal: 300 }],
  async run({ admin, agent, server }) {
    const before = rssOf(server.pid)
    const cpu_before = await cpuSeconds(server.pid)
    const request = `/api/v1/orgs/${admin.org}/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${agent.key}\r\n\r\n`
    const streams = await openStreams(
      server.port,
      Array.from({ length: CONNECTIONS }, () => request),
    )
    const sockets: WebSocket[] = []
    for (let i = 0; i < CONNECTIONS; i++) sockets.push(await openChannels(agent, () => undefined))
    await Bun.sleep(SETTLE_MS)
    const growth = rssOf(server.pid) - before
    const cpu = (await cpuSeconds(server.pid)) - cpu_before
    streams.close()
    for (const socket of sockets) socket.close()
    return {
      product: before + growth * SCALE,
      'KiB per connection': (growth * 1024) / (2 * CONNECTIONS),
      'CPU s to connect': cpu,
    }
  },
}

export const connections: Rows = { idle }
