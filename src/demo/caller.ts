/** An agent of the demo at the public API. Throws when the server refuses or is away. */
export interface Caller {
  call<T>(method: string, path: string, body?: object): Promise<T>
  /** Resolves when one of `user_ids` is in a channel of the agent, or when `signal` aborts. */
  untilPresent(user_ids: ReadonlySet<string>, signal: AbortSignal): Promise<void>
}

interface Options {
  url: string
  org_slug: string
  api_key: string
}

/** A socket that was closed is opened again after this time. */
const AGAIN_MS = 2_000

export function callerOf({ url, org_slug, api_key }: Options): Caller {
  const base = `${url}/api/v1/orgs/${org_slug}`
  return {
    async call<T>(method: string, path: string, body?: object) {
      const answer = await fetch(base + path, {
        method,
        headers: { Authorization: `Bearer ${api_key}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return (answer.status === 204 ? undefined : await answer.json()) as T
    },
    async untilPresent(user_ids, signal) {
      while (!signal.aborted && !(await isPresent(user_ids, signal)))
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    },
  }

  /** Listens to presence until one of them is here; false when the socket ended before. */
  function isPresent(user_ids: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/channels/ws`, [
        'mc.v1',
        `bearer.${api_key}`,
      ])
      const end = (present: boolean) => {
        signal.removeEventListener('abort', aborted)
        socket.close()
        resolve(present)
      }
      const aborted = () => end(false)
      signal.addEventListener('abort', aborted)
      socket.onopen = () => socket.send(JSON.stringify({ type: 'hello' }))
      socket.onclose = () => end(false)
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(String(data)) as { type: string; user_ids?: string[] }
        if (frame.type === 'presence' && frame.user_ids?.some((id) => user_ids.has(id))) end(true)
      }
    })
  }
}
