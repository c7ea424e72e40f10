/** One call of a gateway's method that the bridge has no use for, over a connection of its own. */
const PATIENCE_MS = 30_000

interface Frame {
  type: string
  id?: string
  event?: string
  ok?: boolean
  payload?: unknown
  error?: { code: string; message: string }
}

/** Resolves with the payload; throws for a refusal, and when there is no answer. */
export async function rawCall(
  gateway: { url: string; token: string },
  method: string,
  params: object,
): Promise<unknown> {
  const socket = new WebSocket(gateway.url)
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), PATIENCE_MS)
  const send = (id: string, name: string, values: object) =>
    socket.send(JSON.stringify({ type: 'req', id, method: name, params: values }))
  socket.onclose = ({ code }) => reject(new Error(`${method}: closed with ${code}`))
  socket.onmessage = ({ data }) => {
    const frame: Frame = JSON.parse(String(data))
    if (frame.event === 'connect.challenge') send('hello', 'connect', hello(gateway.token))
    else if (frame.type !== 'res') return
    else if (!frame.ok) reject(new Error(`${method}: ${frame.error?.code} ${frame.error?.message}`))
    else if (frame.id === 'hello') send('call', method, params)
    else resolve(frame.payload)
  }
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}

function hello(token: string): object {
  return {
    minProtocol: 4,
    maxProtocol: 4,
    role: 'operator',
    scopes: ['operator.read'],
    caps: [],
    client: { id: 'gateway-client', version: '0.0.0-test', platform: 'linux', mode: 'backend' },
    auth: { token },
  }
}
