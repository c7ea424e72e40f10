import type { SocketPort } from '../edge/ws-sink.ts'

/** The members of Bun's WebSocket that are used here. */
export interface Socket {
  readonly readyState: number
  send(text: string): number
  cork(write: () => void): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  ping(): void
  getBufferedAmount(): number
  close(code: number, reason: string): void
  terminate(): void
}

const OPEN = 1

/** Adapts a WebSocket of Bun to its port. */
export function portOf(socket: Socket): SocketPort {
  return {
    // 0: the runtime dropped the frame. Our own bound prevents that; if it happens, the connection has a gap and must end.
    send(text) {
      const sent = socket.send(text)
      if (sent === 0) socket.terminate()
      return sent > 0
    },
    // Bun runs the write on a closed socket too.
    cork(write) {
      if (socket.readyState === OPEN) socket.cork(write)
    },
    join: (topic) => socket.subscribe(topic),
    leave: (topic) => socket.unsubscribe(topic),
    waiting: () => socket.getBufferedAmount(),
    close: (code, reason) => socket.close(code, reason),
    ping: () => socket.ping(),
    terminate: () => socket.terminate(),
  }
}
