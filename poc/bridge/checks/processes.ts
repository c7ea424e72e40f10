import { join } from 'node:path'

const HERE = join(import.meta.dir, '..')
const START_MS = 20_000

/** A program of this proof as a process that can be killed and started again on what it left. */
export class Program {
  readonly #file: string
  readonly #env: Record<string, string>
  #child: ReturnType<typeof Bun.spawn> | undefined

  constructor(file: string, env: Record<string, string>) {
    this.#file = join(HERE, file)
    this.#env = env
  }

  /** Starts it; resolves with the first line it prints, as JSON. `more` is added to its environment this once. */
  async start(more: Record<string, string> = {}): Promise<{ port?: number }> {
    const child = Bun.spawn([process.execPath, this.#file], {
      env: { PATH: process.env.PATH ?? '', ...this.#env, ...more },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#child = child
    const reader = child.stdout.getReader()
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
    let text = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`${this.#file} ended before it was ready`)
      text += new TextDecoder().decode(value)
      const end = text.indexOf('\n')
      if (end < 0) continue
      clearTimeout(timer)
      return JSON.parse(text.slice(0, end))
    }
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
  }

  /** Resolves when it died, by itself; throws when it does not within `limit_ms`. */
  async died(limit_ms: number): Promise<void> {
    const late = Bun.sleep(limit_ms).then(() => 'late')
    if ((await Promise.race([this.#child?.exited, late])) === 'late')
      throw new Error(`${this.#file} did not die at its step`)
  }
}
