import type { Person } from '../../tests/support/client.ts'

/** A plain WebSocket as a promise. */
export async function openSocket(
  url: string,
  headers: Record<string, string>,
  onFrame: (text: string) => void,
): Promise<WebSocket> {
  const socket: WebSocket = Reflect.construct(WebSocket, [url, { headers }])
  socket.onmessage = ({ data }) => onFrame(String(data))
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve()
    socket.onerror = () => reject(new Error(`no WebSocket at ${url}`))
  })
  return socket
}

/** The channels socket of a person or an agent, once the server said `ready`. */
export async function openChannels(
  seat: { url: string; org: string; headers: Record<string, string> },
  onFrame: (text: string) => void,
): Promise<WebSocket> {
  const ready = Promise.withResolvers<void>()
  const socket = await openSocket(channelsUrl(seat), seat.headers, (text) => {
    if (text.startsWith('{"type":"ready"')) ready.resolve()
    onFrame(text)
  })
  socket.addEventListener('close', ({ code }) => ready.reject(new Error(`closed with ${code} before ready`)))
  socket.send(JSON.stringify({ type: 'hello' }))
  await ready.promise
  return socket
}

export function channelsUrl({ url, org }: { url: string; org: string }): string {
  return `${url.replace(/^http/, 'ws')}/api/v1/orgs/${org}/channels/ws`
}

/** What a browser of this person sends with every request. */
export function seatOf(person: Person): { url: string; org: string; headers: Record<string, string> } {
  const headers = {
    Cookie: person.cookieHeader,
    'X-CSRF-Token': person.cookies.get('mc_csrf') ?? '',
    Origin: person.url,
  }
  return { url: person.url, org: person.org, headers }
}
