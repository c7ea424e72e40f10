import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { generate } from 'selfsigned'

/** A proxy that shows one server below a path of a host, and nothing else there. */
export interface PathProxy {
  port: number
  /** Address of the host, without the path. */
  origin: string
  /** Requests for other paths of the host: a server below a path must make none. */
  readonly outside: readonly string[]
  stop(): Promise<void>
}

interface Options {
  path: string
  /** Whether the server is sent the path as it was asked for, or without the prefix. */
  prefix: 'kept' | 'stripped'
  tls: boolean
  /** Port of the server; asked for with each connection, because the server may start later. */
  target(): number
}

const HEAD_END = '\r\n\r\n'

/** Starts one on the loopback interface. Each connection carries one request, so that one head is read. */
export async function startPathProxy({ path, prefix, tls, target }: Options): Promise<PathProxy> {
  const outside: string[] = []
  const sockets = new Set<Socket>()

  function serve(client: Socket): void {
    sockets.add(client)
    let head = Buffer.alloc(0)
    const read = (bytes: Buffer) => {
      head = Buffer.concat([head, bytes])
      const end = head.indexOf(HEAD_END)
      if (end < 0) return
      client.off('data', read)
      client.pause()
      forward(client, head.subarray(0, end).toString('latin1'), head.subarray(end + HEAD_END.length))
    }
    client.on('data', read)
    client.on('error', () => client.destroy())
    client.on('close', () => sockets.delete(client))
  }

  function forward(client: Socket, head: string, rest: Buffer): void {
    const [line = '', ...fields] = head.split('\r\n')
    const [method, asked = '', version] = line.split(' ')
    const below = asked === path || asked.startsWith(`${path}/`) || asked.startsWith(`${path}?`)
    if (!below) {
      outside.push(asked)
      client.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const stripped = asked.slice(path.length)
    const sent = prefix === 'kept' ? asked : stripped.startsWith('/') ? stripped : `/${stripped}`
    const upgrades = fields.some((field) => /^upgrade:/i.test(field))
    const kept = upgrades ? fields : fields.filter((field) => !/^connection:/i.test(field))
    const lines = [
      `${method} ${sent} ${version}`,
      ...kept,
      ...(upgrades ? [] : ['Connection: close']),
      `X-Forwarded-For: ${client.remoteAddress ?? '127.0.0.1'}`,
    ]
    const upstream = connect(target(), '127.0.0.1', () => {
      upstream.write(lines.join('\r\n') + HEAD_END)
      if (rest.length > 0) upstream.write(rest)
      upstream.pipe(client)
      client.pipe(upstream)
      client.resume()
    })
    sockets.add(upstream)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => {
      sockets.delete(upstream)
      client.end()
    })
    client.on('close', () => upstream.destroy())
  }

  const server: Server = tls ? createTlsServer(await certificate(), serve) : createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const { port } = address
  return {
    port,
    origin: `${tls ? 'https' : 'http'}://localhost:${port}`,
    outside,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A certificate for this machine that nobody has signed. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  return { key: made.private, cert: made.cert }
}
