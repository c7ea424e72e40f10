import { join } from 'node:path'

export interface Stats {
  open: number
  ended: { name: string; code: number; after_ms: number }[]
  rss: number
}

/** The server as a process, and what it says about itself. */
export class Server {
  readonly port: number
  readonly pid: number
  readonly #child: ReturnType<typeof Bun.spawn>
  readonly #host: string

  private constructor(child: ReturnType<typeof Bun.spawn>, host: string, port: number) {
    this.#child = child
    this.#host = host
    this.port = port
    this.pid = child.pid
  }

  static async start(env: Record<string, string> = {}, host = '127.0.0.1'): Promise<Server> {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'server.ts')], {
      env: { PATH: process.env.PATH ?? '', HOST: host, ...env },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    const { value } = await child.stdout.getReader().read()
    if (!value) throw new Error('The server ended before it was ready')
    return new Server(child, host, (JSON.parse(new TextDecoder().decode(value)) as { port: number }).port)
  }

  get socket_url(): string {
    return `ws://${this.#host}:${this.port}/ws`
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(`http://${this.#host}:${this.port}${path}`)).json()) as T
  }

  stats(): Promise<Stats> {
    return this.get<Stats>('/stats')
  }

  async post(channel: string, content: string): Promise<number> {
    const answer = await fetch(`http://${this.#host}:${this.port}/post`, {
      method: 'POST',
      body: JSON.stringify({ channel, content, client_id: crypto.randomUUID() }),
    })
    return ((await answer.json()) as { seq: number }).seq
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
  }
}

/** Waits until something is so; throws with `what` when it is not in time. */
export async function until(
  what: string,
  limit_ms: number,
  is: () => boolean | Promise<boolean>,
): Promise<number> {
  const begin_ms = performance.now()
  while (!(await is())) {
    if (performance.now() - begin_ms > limit_ms) throw new Error(`not within ${limit_ms} ms: ${what}`)
    await Bun.sleep(20)
  }
  return performance.now() - begin_ms
}
