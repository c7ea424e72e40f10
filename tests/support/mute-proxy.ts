import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that can keep its connections open without passing on what the server says, as a dying network does. */
export interface MuteProxy {
  url: string
  /** Connections whose last request is for `path` stay open and silent; later ones work. */
  mute(path: string): void
  stop(): void
}

export async function startMuteProxy(port: number): Promise<MuteProxy> {
  const open = new Map<Socket, { upstream: Socket; asked: string }>()
  const muted = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, 'localhost')
    const connection = { upstream, asked: '' }
    open.set(client, connection)
    client.on('data', (bytes) => {
      connection.asked = bytes.toString('latin1')
      upstream.write(bytes)
    })
    client.on('end', () => upstream.end())
    upstream.on('data', (bytes) => {
      if (!muted.has(client)) client.write(bytes)
    })
    upstream.on('end', () => {
      if (!muted.has(client)) client.end()
    })
    for (const side of [client, upstream])
      side.on('error', () => {
        // Cut by the page or the server.
        client.destroy()
        upstream.destroy()
      })
    client.on('close', () => {
      upstream.destroy()
      open.delete(client)
      muted.delete(client)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    url: `http://localhost:${address.port}`,
    mute(path) {
      for (const [client, { asked }] of open) if (asked.includes(path)) muted.add(client)
    },
    stop() {
      for (const client of open.keys()) client.destroy()
      server.close()
    },
  }
}
