import { afterAll, beforeAll, describe, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { portOf } from '../../../src/http/socket-port.ts'
import { RawWebSocket } from '../../support/raw-socket.ts'
import { SOCKET_PORT_RULES, type SocketPortUnderTest } from '../../support/socket-port-contract.ts'

interface Opened {
  drains: number
  gone: PromiseWithResolvers<void>
}

let opened: PromiseWithResolvers<ServerWebSocket<Opened>>

function serve() {
  return Bun.serve<Opened>({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request, server) {
      const data = { drains: 0, gone: Promise.withResolvers<void>() }
      return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 426 })
    },
    websocket: {
      backpressureLimit: 4 * LIMITS.send_queue_bytes_max,
      closeOnBackpressureLimit: true,
      sendPings: false,
      open: (socket) => opened.resolve(socket),
      message: () => undefined,
      drain(socket) {
        socket.data.drains++
      },
      close: (socket) => socket.data.gone.resolve(),
    },
  })
}

let server: ReturnType<typeof serve>

beforeAll(() => {
  server = serve()
})
afterAll(() => server.stop(true))

async function make(): Promise<SocketPortUnderTest> {
  opened = Promise.withResolvers()
  const client = new RawWebSocket(Number(server.port), '/', {})
  const socket = await opened.promise
  return {
    port: portOf(socket),
    publish: (topic, text) => void server.publish(topic, text),
    drains: () => socket.data.drains,
    peer: {
      texts: () => client.texts,
      pings: () => client.pinged_at.length,
      close_code: () => client.close_code,
      ended: () => client.closed_at !== undefined,
      stall: () => void client.socket.pause(),
      resume: () => void client.socket.resume(),
      async leave() {
        client.socket.destroy()
        await socket.data.gone.promise
      },
    },
  }
}

describe('the contract of a socket port: Bun', () => {
  for (const [title, holds] of SOCKET_PORT_RULES) test(title, () => holds(make))
})
