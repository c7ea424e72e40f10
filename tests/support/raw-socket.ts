import net from 'node:net'

/** A client over a bare TCP connection: it can stop reading, and it sees what a library hides. */
export interface RawSocket {
  socket: net.Socket
  /** All that came, as Latin-1. */
  text(): string
  closed(): boolean
}

/** Sends a request of these lines and keeps what comes back. */
export function rawRequest(port: number, lines: readonly string[]): RawSocket {
  let text = ''
  let closed = false
  const socket = net.connect(port, '127.0.0.1')
  socket.on('data', (data) => {
    text += data.toString('latin1')
  })
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => undefined)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return { socket, text: () => text, closed: () => closed }
}

const OP = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** A WebSocket client (RFC 6455) that answers no ping by itself. */
export class RawWebSocket {
  readonly socket: net.Socket
  head = ''
  readonly texts: string[] = []
  readonly pinged_at: number[] = []
  close_code: number | undefined
  closed_at: number | undefined
  #rest = Buffer.alloc(0)

  constructor(port: number, path: string, headers: Record<string, string>) {
    this.socket = net.connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.on('data', (data) => this.#take(Buffer.from(data)))
    this.socket.on('close', () => {
      this.closed_at = Date.now()
    })
    const lines = [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ]
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  }

  /** Writes text frames, all in one write. */
  send(...texts: string[]): void {
    this.socket.write(Buffer.concat(texts.map((text) => frame(OP.text, text))))
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    if (this.head === '') {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return
      this.head = this.#rest.subarray(0, end).toString()
      this.#rest = this.#rest.subarray(end + 4)
    }
    for (let next = parse(this.#rest); next; next = parse(this.#rest)) {
      this.#rest = this.#rest.subarray(next.length)
      if (next.op === OP.text) this.texts.push(next.payload.toString())
      else if (next.op === OP.ping) this.pinged_at.push(Date.now())
      else if (next.op === OP.close) this.close_code = next.payload.readUInt16BE(0)
    }
  }
}

function frame(op: number, text: string): Buffer {
  const payload = Buffer.from(text)
  const size =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff]
  return Buffer.concat([Buffer.from([0x80 | op, ...size, 0, 0, 0, 0]), payload])
}

function parse(data: Buffer): { op: number; payload: Buffer; length: number } | undefined {
  if (data.length < 2) return undefined
  const short = data[1]! & 0x7f
  const at = short === 126 ? 4 : short === 127 ? 10 : 2
  if (data.length < at) return undefined
  const size = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short
  if (data.length < at + size) return undefined
  return { op: data[0]! & 0x0f, payload: data.subarray(at, at + size), length: at + size }
}
