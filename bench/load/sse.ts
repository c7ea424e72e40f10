import type { Socket } from 'bun'
import { waitFor } from '../wait.ts'

/** Streams that are being opened at the same time: fewer than the server's accept queue holds. */
const OPENING_MAX = 200

/** Opens SSE streams over bare sockets and counts the events that arrive: parsing would measure the client. */
export async function openStreams(
  port: number,
  requests: readonly string[],
): Promise<{ count(): number; close(): void }> {
  let events = 0
  let opened = 0
  let closing = false
  let failure: Error | undefined
  const sockets: Socket<{ open: boolean }>[] = []
  const openedAtLeast = (count: number) => () => {
    if (failure) throw failure
    return opened >= count
  }
  for (const request of requests) {
    const socket = await Bun.connect<{ open: boolean }>({
      hostname: '127.0.0.1',
      port,
      data: { open: false },
      socket: {
        data(socket, chunk) {
          if (!socket.data.open) {
            if (!chunk.includes('200 OK'))
              failure ??= new Error(`no stream: ${chunk.toString().slice(0, 200)}`)
            socket.data.open = true
            opened++
          }
          for (let at = chunk.indexOf('\nid: '); at >= 0; at = chunk.indexOf('\nid: ', at + 4)) events++
        },
        close() {
          if (!closing) failure ??= new Error(`a stream was closed after ${opened} had opened`)
        },
      },
    })
    socket.write(`GET ${request}`)
    sockets.push(socket)
    await waitFor('streams to open', openedAtLeast(sockets.length - OPENING_MAX))
  }
  await waitFor('streams to open', openedAtLeast(requests.length))
  return {
    count() {
      if (failure) throw failure
      return events
    },
    close() {
      closing = true
      for (const socket of sockets) socket.end()
    },
  }
}
