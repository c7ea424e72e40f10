import { join } from 'node:path'

/** A child process with a state file, read line by line. */
export class Child {
  readonly lines: string[] = []
  readonly #child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>
  #wake: () => void = () => undefined
  readonly #read: Promise<void>

  constructor(script: string, ...args: string[]) {
    this.#child = Bun.spawn([process.execPath, join(import.meta.dir, script), ...args], {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#read = this.#collect()
  }

  /** Resolves once there are so many lines; rejects when the child ends before. */
  async atLeast(count: number): Promise<void> {
    const exited = this.#child.exited.then((code) => {
      throw new Error(`The child ended (${code}) after ${this.lines.length} lines.`)
    })
    // The child may end later, when nobody waits.
    exited.catch(() => undefined)
    while (this.lines.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      if (this.lines.length < count) await Promise.race([promise, exited])
    }
  }

  /** Says a line to the child and answers its next one. */
  async ask(line: string): Promise<string> {
    const before = this.lines.length
    this.#child.stdin.write(`${line}\n`)
    await this.#child.stdin.flush()
    await this.atLeast(before + 1)
    return this.lines[before] ?? ''
  }

  /** Kills it (-9) and answers every complete line that it said. */
  async kill(): Promise<string[]> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
    await this.#read
    return this.lines
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of this.#child.stdout) {
      const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
      rest = parts.pop() ?? ''
      this.lines.push(...parts)
      this.#wake()
    }
  }
}
