/** Passes a gateway's frames on, and may change their text on the way: a gateway or a bridge of another release, as seen from the other end. */
export interface Relay extends AsyncDisposable {
  url: string
}

interface Rewrites {
  /** Text of a frame from the client. */
  up?(text: string): string
  /** Text of a frame from the gateway. */
  down?(text: string): string
}

/** Listens on a free port of 127.0.0.1, for the gateway at `url`. */
export function startRelay(url: string, { up = same, down = same }: Rewrites): Relay {
  const server = Bun.serve<{ gateway: WebSocket; waiting: string[] }>({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      const data = { gateway: new WebSocket(url), waiting: [] }
      return self.upgrade(request, { data }) ? undefined : new Response(null, { status: 426 })
    },
    websocket: {
      open(client) {
        const { gateway, waiting } = client.data
        gateway.onopen = () => {
          for (const text of waiting.splice(0)) gateway.send(text)
        }
        gateway.onmessage = ({ data }) => void client.send(down(String(data)))
        gateway.onclose = ({ code, reason }) => client.close(code >= 3000 ? code : 1000, reason)
      },
      message(client, text) {
        const { gateway, waiting } = client.data
        const sent = up(String(text))
        if (gateway.readyState === WebSocket.OPEN) gateway.send(sent)
        else waiting.push(sent)
      },
      close: (client) => client.data.gateway.close(),
    },
  })
  return {
    url: `ws://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.stop(true),
  }
}

const same = (text: string) => text
