/** A problem that a step found, in words. */
export class SmokeFailure extends Error {}

export function need(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new SmokeFailure(problem)
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  // The server's API document says what is in it; a smoke test looks at a few fields.
  // biome-ignore lint/suspicious/noExplicitAny: a black box, from outside
  body: any
}

/** Calls to one server as one caller: a browser with its cookies, or a program with its key. */
export class Caller {
  readonly base: string
  readonly timeout_ms: number
  readonly key: string | undefined
  readonly cookies = new Map<string, string>()
  org = ''

  constructor(base: string, timeout_ms: number, key?: string) {
    this.base = base
    this.timeout_ms = timeout_ms
    this.key = key
  }

  get headers(): Record<string, string> {
    if (this.key !== undefined) return { Authorization: `Bearer ${this.key}` }
    const csrf = [...this.cookies].find(([name]) => name.includes('mc_csrf'))?.[1]
    return {
      ...(this.cookies.size > 0
        ? { Cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
        : {}),
      ...(csrf === undefined ? {} : { 'X-CSRF-Token': csrf }),
    }
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(this.base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.timeout_ms),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (name === undefined) continue
      if (value) this.cookies.set(name, value)
      else this.cookies.delete(name)
    }
    const text = await answer.text()
    const is_json = answer.headers.get('content-type')?.includes('json') === true
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: is_json ? JSON.parse(text) : undefined,
    }
  }

  /** A call inside the org that must answer with one of the statuses. */
  async in(
    method: string,
    path: string,
    body?: unknown,
    expected: readonly number[] = [200, 201, 202, 204],
  ): Promise<Answer> {
    const answer = await this.call(method, `/api/v1/orgs/${this.org}${path}`, body)
    need(
      expected.includes(answer.status),
      `${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`,
    )
    return answer
  }
}

/** An event stream that keeps what it read. */
export class Stream {
  readonly frames: { id: string | undefined; type: string; text: string }[] = []
  ended = false
  readonly #stop = new AbortController()

  static async open(caller: Caller, cursor?: string): Promise<Stream> {
    const stream = new Stream()
    const answer = await fetch(`${caller.base}/api/v1/orgs/${caller.org}/events/stream`, {
      headers: { ...caller.headers, ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }) },
      signal: stream.#stop.signal,
    })
    need(answer.status === 200 && answer.body, `the event stream answered ${answer.status}`)
    void stream.#read(answer.body)
    return stream
  }

  get cursor(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id
  }

  has(...parts: string[]): boolean {
    return this.frames.some(({ text }) => parts.every((part) => text.includes(part)))
  }

  close(): void {
    this.#stop.abort()
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    try {
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
        rest = parts.pop() ?? ''
        for (const part of parts) {
          const line = (name: string) =>
            part
              .split('\n')
              .find((found) => found.startsWith(`${name}:`))
              ?.slice(name.length + 1)
              .trim()
          const text = line('data') ?? ''
          this.frames.push({ id: line('id'), type: /"type":"([^"]+)"/.exec(text)?.[1] ?? '', text })
        }
      }
    } catch {
      // Closed by this program, or cut: what was read stays.
    }
    this.ended = true
  }
}

/** A socket of channels that keeps its frames. */
export class Socket {
  readonly frames: string[] = []
  readonly #socket: WebSocket
  closed = false

  constructor(caller: Caller) {
    const url = `${caller.base.replace(/^http/, 'ws')}/api/v1/orgs/${caller.org}/channels/ws`
    // Bun's client takes headers; the browser's type does not know that.
    this.#socket = Reflect.construct(WebSocket, [url, { headers: caller.headers }])
    this.#socket.onopen = () => this.send({ type: 'hello', log: null })
    this.#socket.onmessage = ({ data }) => void this.frames.push(String(data))
    this.#socket.onclose = () => {
      this.closed = true
    }
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame))
  }

  has(...parts: string[]): boolean {
    return this.frames.some((text) => parts.every((part) => text.includes(part)))
  }

  close(): void {
    this.#socket.close()
  }
}

/** Waits for a condition, which says what was waited for when it never comes. */
export async function waitFor(what: string, timeout_ms: number, condition: () => unknown): Promise<void> {
  const give_up_at = performance.now() + timeout_ms
  while (!(await condition())) {
    need(performance.now() < give_up_at, `${what} did not come within ${timeout_ms / 1000} s`)
    await Bun.sleep(25)
  }
}
