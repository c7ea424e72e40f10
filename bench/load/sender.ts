import type { Socket } from 'bun'

const ACK = '{"type":"ack"'
const READY = '{"type":"ready"'

/**
 * The channels socket of a load generator, cheap for its machine: frames are built by hand (masked with zero, a valid mask
 * that changes no byte) and answers are recognised by their first bytes. Resolves once the server said `ready`. `onAck` is
 * called once per acknowledgement; the frames that it sends leave in one write.
 */
export async function openSender(
  url: string,
  headers: Record<string, string>,
  onAck: () => void,
): Promise<{ send(text: string): void; close(): void; ended(): boolean }> {
  const { hostname, port, pathname, search } = new URL(url)
  const upgraded = Promise.withResolvers<void>()
  const ready = Promise.withResolvers<void>()
  // A failed upgrade rejects both promises, and only the upgrade is awaited then.
  ready.promise.catch(() => undefined)
  let received: Buffer = Buffer.alloc(0)
  let open = false
  let ended = false
  let corked = false
  let unsent: Buffer[] = []
  const socket: Socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_socket, chunk) {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        if (!open) {
          const end = received.indexOf('\r\n\r\n')
          if (end < 0) return
          if (!received.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101')))
            return upgraded.reject(new Error(received.subarray(0, end).toString()))
          open = true
          received = received.subarray(end + 4)
          upgraded.resolve()
        }
        const acks = takeFrames()
        corked = true
        for (let i = 0; i < acks; i++) onAck()
        corked = false
        flush()
      },
      drain: flush,
      close() {
        ended = true
        const error = new Error('The server closed the connection')
        upgraded.reject(error)
        ready.reject(error)
      },
    },
  })

  /** Writes the unsent frames; bytes that the socket refuses leave on its next `drain`. */
  function flush(): void {
    if (unsent.length === 0) return
    const bytes = unsent.length === 1 ? unsent[0]! : Buffer.concat(unsent)
    const written = Math.max(0, socket.write(bytes))
    unsent = written < bytes.length ? [bytes.subarray(written)] : []
  }

  /** Takes whole frames off `received`; gives how many of them were acknowledgements. */
  function takeFrames(): number {
    let acks = 0
    let at = 0
    while (received.length - at >= 2) {
      const short = received[at + 1]! & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (received.length - at < head) break
      const size =
        short < 126
          ? short
          : short === 126
            ? received.readUInt16BE(at + 2)
            : Number(received.readBigUInt64BE(at + 2))
      if (received.length - at < head + size) break
      const start = received.toString('latin1', at + head, at + head + READY.length)
      if (start.startsWith(ACK)) acks++
      else if (start === READY) ready.resolve()
      at += head + size
    }
    received = received.subarray(at)
    return acks
  }

  const fields = { ...headers, Host: `${hostname}:${port}`, Connection: 'Upgrade', Upgrade: 'websocket' }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\n${lines.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('load generator!!')}\r\n\r\n`,
  )
  function send(text: string): void {
    const body = Buffer.from(text)
    const frame = Buffer.alloc(8 + body.length)
    frame[0] = 0x81
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(body.length, 2)
    body.copy(frame, 8)
    unsent.push(frame)
    if (!corked) flush()
  }

  await upgraded.promise
  send(JSON.stringify({ type: 'hello' }))
  await ready.promise
  return {
    send,
    close: () => socket.end(),
    ended: () => ended,
  }
}
