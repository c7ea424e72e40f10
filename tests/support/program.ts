import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..')

/** A program as a process that can be killed and started again on what it left. Its output is kept. */
export class Program {
  readonly #command: readonly string[]
  readonly #env: Record<string, string>
  #child: ReturnType<typeof spawn> | undefined
  #out = ''
  #all = ''

  /** `command` runs in the root of this repository. */
  constructor(command: readonly string[], env: Record<string, string>) {
    this.#command = command
    this.#env = env
  }

  /** Everything it wrote to both streams, over all starts, in the order of arrival. */
  get output(): string {
    return this.#all
  }

  get running(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Starts it. `more` is added to its environment this once. */
  spawn(more: Record<string, string> = {}): void {
    if (this.running) throw new Error(`${this.#command[0]} runs already`)
    const child = spawn(this.#command, { ...this.#env, ...more })
    this.#child = child
    void collect(child.stdout, (text) => {
      this.#out += text
      this.#all += text
    })
    void collect(child.stderr, (text) => {
      this.#all += text
    })
  }

  /** Starts it; resolves with the next line that it prints, as JSON. */
  async start(more: Record<string, string> = {}): Promise<Record<string, unknown>> {
    const from = this.#out.length
    this.spawn(more)
    while (!this.#out.includes('\n', from)) {
      if (!this.running) throw new Error(`${this.#command[0]} ended before it was ready:\n${this.output}`)
      await Bun.sleep(5)
    }
    return JSON.parse(this.#out.slice(from, this.#out.indexOf('\n', from)))
  }

  /** 0 before the first start. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended()
  }

  /** Resolves with its exit code when it has ended; null after a signal. */
  async ended(): Promise<number | null> {
    await this.#child?.exited
    return this.#child?.exitCode ?? null
  }
}

function spawn(command: readonly string[], env: Record<string, string>) {
  return Bun.spawn([...command], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }))
}
