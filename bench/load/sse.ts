import type { Socket } from 'bun'

/** Opens SSE streams over bare sockets and counts the events that arrive: parsing would measure the client. */
export async function openStreams(
  port: number,
  requests: readonly string[],
): Promise<{ count(): number; close(): void }> {
  let events = 0
  const sockets: Socket<{ tail: string }>[] = []
  let opened = 0
  for (const path of requests) {
    const socket = await Bun.connect<{ tail: string }>({
      hostname: '127.0.0.1',
      port,
      data: { tail: '' },
      socket: {
        data(_socket, chunk) {
          for (let at = chunk.indexOf('\nid: '); at >= 0; at = chunk.indexOf('\nid: ', at + 4)) events++
          if (chunk.includes('200 OK')) opened++
        },
      },
    })
    socket.write(`GET ${path}`)
    sockets.push(socket)
    if (sockets.length % 200 === 0) await Bun.sleep(5)
  }
  for (let i = 0; i < 500 && opened < requests.length; i++) await Bun.sleep(10)
  if (opened < requests.length) throw new Error(`only ${opened} of ${requests.length} streams opened`)
  return {
    count: () => events,
    close: () => {
      for (const socket of sockets) socket.end()
    },
  }
}
