/** The mock gateway as a child process that can be killed with SIGKILL and started again on what it left. */
import { join } from 'node:path'
import type { Faults } from './faults.ts'
import type { TurnLog } from './turns.ts'

export interface MockProcessOptions {
  /** Where its memory is kept over restarts. */
  folder: string
  /** The same after each start. */
  port: number
  token?: string
  faults?: Partial<Faults>
}

interface Started {
  port: number
  control: number
}

const MAIN = join(import.meta.dir, 'main.ts')

export class MockGatewayProcess {
  readonly url: string
  readonly token: string
  readonly #options: MockProcessOptions
  #child: ReturnType<typeof Bun.spawn> | undefined
  #control = 0

  private constructor(options: MockProcessOptions) {
    this.#options = options
    this.url = `ws://127.0.0.1:${options.port}`
    this.token = options.token ?? 'mock-gateway-token'
  }

  static async start(options: MockProcessOptions): Promise<MockGatewayProcess> {
    const gateway = new MockGatewayProcess(options)
    await gateway.start()
    return gateway
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** After `kill` or `terminate`. Resolves when it listens; throws when it ends before. */
  async start(): Promise<void> {
    const { folder, port, faults } = this.#options
    const child = Bun.spawn([process.execPath, MAIN], {
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        TOKEN: this.token,
        FOLDER: folder,
        FAULTS: JSON.stringify(faults ?? {}),
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    this.#child = child
    const { control } = await firstLine(child.stdout)
    this.#control = control
  }

  /** SIGKILL: what was in memory is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#child?.exited
  }

  /** SIGTERM: says goodbye to its clients. */
  async terminate(): Promise<void> {
    this.#child?.kill('SIGTERM')
    await this.#child?.exited
  }

  /** Turns since its start. */
  async turns(): Promise<TurnLog[]> {
    return await this.#ask('turns')
  }

  async set(faults: Partial<Faults>): Promise<void> {
    await this.#ask('faults', faults)
  }

  /** `openclaw devices approve <request id>`; false for an unknown request. */
  async approve(request_id: string): Promise<boolean> {
    return await this.#ask('approve', { request_id })
  }

  /** The gateway speaks by itself on a session; the run id of what it says. */
  async announce(session_key: string, text: string): Promise<string> {
    return await this.#ask('announce', { session_key, text })
  }

  /** Closes all connections, without a close frame when no code is given. */
  async drop(code?: number): Promise<void> {
    await this.#ask('drop', { code })
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`http://127.0.0.1:${this.#control}/${path}`, init)
    if (!response.ok) throw new Error(`The mock gateway refused ${path}: ${response.status}`)
    return (await response.json()) as T
  }
}

async function firstLine(output: ReadableStream<Uint8Array>): Promise<Started> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true })
    const end = text.indexOf('\n')
    if (end >= 0) return JSON.parse(text.slice(0, end)) as Started
  }
  throw new Error('The mock gateway ended before it listened.')
}
