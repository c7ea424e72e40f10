import type { Socket } from 'bun'
import { channelsUrl, openSocket } from './socket.ts'

/** Pause of a client before it reconnects, with jitter from half to one and a half. */
const RETRY_MS = 500

interface Seat {
  url: string
  org: string
  headers: Record<string, string>
}

/** A client that reconnects with its cursor after every disconnect. */
export interface Returning {
  /** Content of the last message that it got. */
  readonly last: string
  close(): void
}

const pause = (run: () => void) => setTimeout(run, RETRY_MS * (0.5 + Math.random()))

/** Follows the messages of an org over SSE. */
export function returningStream({ url, org, headers }: Seat): Returning {
  const { port } = new URL(url)
  let cursor: string | undefined
  let last = ''
  let closed = false
  let current: Socket | undefined
  const connect = () => {
    if (closed) return
    const sent = {
      ...headers,
      ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }),
      Host: 'localhost',
    }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`)
    let text = ''
    void Bun.connect({
      hostname: '127.0.0.1',
      port: Number(port),
      socket: {
        open(socket) {
          current = socket
          socket.write(`GET /api/v1/orgs/${org}/events/stream HTTP/1.1\r\n${lines.join('')}\r\n`)
        },
        data(_socket, chunk) {
          text += chunk.toString('latin1')
          const end = text.lastIndexOf('\n\n')
          if (end < 0) return
          const whole = text.slice(0, end)
          text = text.slice(end)
          cursor = /.*\nid: (\S+)/s.exec(whole)?.[1] ?? cursor
          last = /.*"content":"([^"]*)"/s.exec(whole)?.[1] ?? last
        },
        close: () => void pause(connect),
      },
    }).catch(() => pause(connect)) // The server is not back yet.
  }
  connect()
  return {
    get last() {
      return last
    },
    close() {
      closed = true
      current?.end()
    },
  }
}

/** Follows one channel over a WebSocket. */
export function returningSocket(seat: Seat, channel_id: string): Returning {
  let log: string | null = null
  let seq: number | undefined
  let last = ''
  let closed = false
  let current: WebSocket | undefined
  const take = (text: string) => {
    if (text.startsWith('{"type":"ready"')) log = JSON.parse(text).log
    if (!text.startsWith('{"type":"message"')) return
    const { message } = JSON.parse(text)
    seq = message.seq
    last = message.content
  }
  const connect = async () => {
    if (closed) return
    try {
      current = await openSocket(channelsUrl(seat), seat.headers, take)
      current.onclose = () => void pause(() => void connect())
      current.send(
        JSON.stringify({ type: 'hello', log, resume: seq === undefined ? {} : { [channel_id]: seq } }),
      )
    } catch {
      // The server is not back yet.
      pause(() => void connect())
    }
  }
  void connect()
  return {
    get last() {
      return last
    },
    close() {
      closed = true
      current?.close()
    },
  }
}
