/** The part of a WebSocket that the gateway client needs, so that tests can stand in for one. */
export interface Socket {
  send(text: string): void
  close(code: number): void
  /** Ends it without waiting for the peer. */
  terminate(): void
}

export interface SocketEvents {
  /** A text message; binary ones are none of the protocol. */
  message(text: string): void
  /** Called once, also when the connection was never made. */
  closed(code: number, reason: string): void
}

/** Begins to connect; what happens is told to `events`, never before this returns. */
export type OpenSocket = (url: string, events: SocketEvents) => Socket

/** No `Origin` header is sent: the gateway has stricter rules for browsers. */
export const openWebSocket: OpenSocket = (url, events) => {
  const socket = new WebSocket(url)
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') events.message(data)
  }
  socket.onclose = ({ code, reason }) => events.closed(code, reason)
  // A close event follows and says the same.
  socket.onerror = () => undefined
  return {
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
    terminate: () => {
      // Bun and Node have it; the types are the browser's.
      if ('terminate' in socket && typeof socket.terminate === 'function') socket.terminate()
    },
  }
}
