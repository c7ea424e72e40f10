import { until } from './streams.ts'

interface Options {
  env: Record<string, string>
  cwd: string
}

/** A program at a pseudo-terminal, with somebody who types. */
export class OnTerminal {
  readonly #child: ReturnType<typeof Bun.spawn>
  #output = ''
  #read = 0

  constructor(command: readonly string[], { env, cwd }: Options) {
    const decoder = new TextDecoder()
    this.#child = Bun.spawn([...command], {
      env: { TERM: 'xterm', ...env },
      cwd,
      terminal: {
        cols: 200,
        rows: 50,
        data: (_, bytes) => {
          this.#output += decoder.decode(bytes, { stream: true })
        },
      },
    })
  }

  /** Everything that the terminal has shown, echo of the typed text included. */
  get output(): string {
    return this.#output.replaceAll('\r\n', '\n')
  }

  /** Waits until the terminal shows this after what was waited for before. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null
    await until(() => {
      found = pattern.exec(this.#output.slice(this.#read))
      return found !== null || this.#child.exitCode !== null
    }, `${pattern} on the terminal:\n${this.output}\n`)
    found ??= pattern.exec(this.#output.slice(this.#read))
    if (!found) throw new Error(`It ended with ${this.#child.exitCode} without ${pattern}:\n${this.output}`)
    const [shown, { index }] = [found[0], found]
    this.#read += index + shown.length
    return found
  }

  type(text: string): void {
    this.#child.terminal?.write(text)
  }

  /** Waits for a question and answers it. */
  async answers(question: RegExp, text: string): Promise<void> {
    await this.shows(question)
    this.type(`${text}\r`)
  }

  async ended(): Promise<number | null> {
    await this.#child.exited
    this.#child.terminal?.close()
    return this.#child.exitCode
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended()
  }
}
