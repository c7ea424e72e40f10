import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy whose network can go away: connections end, or hang without a word, and new ones do not come through. */
export interface CutProxy {
  port: number
  /** Connections that are open on the client's side. */
  readonly open: number
  /**
   * `reset` ends all connections and refuses new ones. `silent` keeps them, takes new ones and passes nothing on, as a
   * network does that drops every packet.
   */
  cut(how: 'reset' | 'silent'): void
  /** Ends this share of the connections with their next bytes, of which only a half comes through. */
  cutInside(share: number, random: () => number): void
  /** Passes everything on again. What hung while it was cut is ended: its bytes are gone. */
  mend(): void
  stop(): Promise<void>
}

/** A proxy in front of `target_port` on the loopback interface. */
export async function startCutProxy(target_port: number): Promise<CutProxy> {
  const pairs = new Map<Socket, Socket>()
  /** Client sides of the connections that end with their next bytes. */
  const doomed = new Set<Socket>()
  let state: 'open' | 'reset' | 'silent' = 'open'

  const server = createServer((client) => {
    if (state === 'reset') {
      client.destroy()
      return
    }
    const upstream = connect(target_port, '127.0.0.1')
    pairs.set(client, upstream)
    const end = () => {
      client.destroy()
      upstream.destroy()
      pairs.delete(client)
      doomed.delete(client)
    }
    const endInside = (to: Socket, bytes: string | Uint8Array) => {
      doomed.delete(client)
      to.end(bytes.slice(0, bytes.length >> 1), end)
    }
    pass(client, upstream, client, endInside)
    pass(upstream, client, client, endInside)
    for (const side of [client, upstream]) side.on('close', end).on('error', end)
  })

  function pass(
    from: Socket,
    to: Socket,
    client: Socket,
    endInside: (to: Socket, bytes: string | Uint8Array) => void,
  ): void {
    from.on('data', (bytes) => {
      if (state !== 'open' || to.writableEnded) return
      if (doomed.has(client)) {
        endInside(to, bytes)
        return
      }
      // Back-pressure: a reader that does not read slows its writer.
      if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
  }

  function endAll(): void {
    for (const [client, upstream] of pairs) {
      client.destroy()
      upstream.destroy()
    }
    pairs.clear()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    get open() {
      return pairs.size
    },
    cut(how) {
      state = how
      if (how === 'reset') endAll()
    },
    cutInside(share, random) {
      for (const client of pairs.keys()) if (random() < share) doomed.add(client)
    },
    mend() {
      if (state === 'silent') endAll()
      doomed.clear()
      state = 'open'
    },
    async stop() {
      endAll()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
