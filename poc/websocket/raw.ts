import type { Socket } from 'bun'

/** A WebSocket by hand, so that it can stop reading and be looked at byte by byte. */
export class RawSocket {
  readonly #socket: Socket
  readonly #state: { bytes: number; ended: boolean; chunks: Buffer[] | undefined }

  private constructor(
    socket: Socket,
    state: { bytes: number; ended: boolean; chunks: Buffer[] | undefined },
  ) {
    this.#socket = socket
    this.#state = state
  }

  /** `keep`: what arrives is kept, to be parsed later; else it is only counted. */
  static async open(port: number, name: string, hello: object | undefined, keep = false): Promise<RawSocket> {
    const state = { bytes: 0, ended: false, chunks: keep ? ([] as Buffer[]) : undefined }
    const ready = Promise.withResolvers<void>()
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data(_socket, chunk) {
          if (state.bytes === 0) ready.resolve()
          state.bytes += chunk.length
          // The runtime uses its buffer again.
          state.chunks?.push(Buffer.from(chunk))
        },
        close: () => {
          state.ended = true
        },
      },
    })
    socket.write(
      `GET /ws?name=${name} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('sixteen bytes 16')}\r\n\r\n`,
    )
    await ready.promise
    if (hello) socket.write(masked(JSON.stringify(hello)))
    return new RawSocket(socket, state)
  }

  get bytes(): number {
    return this.#state.bytes
  }

  get ended(): boolean {
    return this.#state.ended
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.terminate()
  }

  /** Text frames in order and the close code, from what was kept. */
  frames(): { texts: string[]; close_code: number | undefined } {
    const all = Buffer.concat(this.#state.chunks ?? [])
    const texts: string[] = []
    let close_code: number | undefined
    let at = all.indexOf('\r\n\r\n') + 4
    while (all.length - at >= 2) {
      const length = all[at + 1]! & 0x7f
      const head = length === 126 ? 4 : length === 127 ? 10 : 2
      if (all.length - at < head) break
      const size =
        length === 126
          ? all.readUInt16BE(at + 2)
          : length === 127
            ? Number(all.readBigUInt64BE(at + 2))
            : length
      if (all.length - at < head + size) break
      const opcode = all[at]! & 0x0f
      if (opcode === 1) texts.push(all.toString('utf8', at + head, at + head + size))
      if (opcode === 8 && size >= 2) close_code = all.readUInt16BE(at + head)
      at += head + size
    }
    return { texts, close_code }
  }
}

/** A client's text frame; a mask of zero changes nothing. */
function masked(text: string): Buffer {
  const body = Buffer.from(text)
  const frame = Buffer.alloc(8 + body.length)
  frame[0] = 0x81
  frame[1] = 0x80 | 126
  frame.writeUInt16BE(body.length, 2)
  body.copy(frame, 8)
  return frame
}
