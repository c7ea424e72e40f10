import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { startServer, type TestServer } from '../../support/server.ts'

/** A supervisor's pause before it starts a node again that did not come up. */
const START_PAUSE_MS = 500
const START_TRIES = 60
/** A drain that takes longer never ends: the supervisor kills. */
const DRAIN_MS_MAX = 120_000

/** One node behind a proxy of its own, with faults that happen to it one at a time. */
export class ChaosNode {
  readonly id: string
  readonly server: TestServer
  readonly proxy: CutProxy
  /** The fault under way. */
  #busy: Promise<unknown> = Promise.resolve()
  #faults = 0
  /** Of the slowest drain so far. */
  drained_ms_max = 0
  /** Times in which a fault kept it from answering. */
  readonly #away: { from: number; to: number }[] = []

  private constructor(id: string, server: TestServer, proxy: CutProxy) {
    this.id = id
    this.server = server
    this.proxy = proxy
  }

  static async start(id: string, env: Record<string, string>): Promise<ChaosNode> {
    const server = await startServer({ env: { ...env, MC_NODE_ID: id } })
    return new ChaosNode(id, server, await startCutProxy(server.port))
  }

  /** What clients connect to. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`
  }

  get isFree(): boolean {
    return this.#faults === 0
  }

  async kill(down_ms: number): Promise<void> {
    await this.#next(async () => {
      await this.server.kill('SIGKILL')
      await Bun.sleep(down_ms)
      await this.#start()
    })
  }

  async pause(for_ms: number): Promise<void> {
    await this.pauseUntil(() => Bun.sleep(for_ms))
  }

  /** Stops its process until `over` resolves. */
  async pauseUntil(over: () => Promise<unknown>): Promise<void> {
    await this.#next(async () => {
      process.kill(this.server.pid, 'SIGSTOP')
      await over()
      process.kill(this.server.pid, 'SIGCONT')
    })
  }

  /** Ends it with SIGTERM, as a deployment does, and starts it again. */
  async roll(): Promise<void> {
    await this.#next(async () => {
      const began_at = performance.now()
      const kill = setTimeout(() => void this.server.kill('SIGKILL'), DRAIN_MS_MAX)
      await this.server.kill('SIGTERM')
      clearTimeout(kill)
      this.drained_ms_max = Math.max(this.drained_ms_max, performance.now() - began_at)
      await this.#start()
    })
  }

  async stop(): Promise<void> {
    await this.#busy.catch(() => undefined)
    await this.proxy.stop()
    await this.server.kill('SIGKILL')
    await this.server.stop()
  }

  async #next(fault: () => Promise<void>): Promise<void> {
    this.#faults++
    const done = this.#busy.then(() => this.#noted(fault)).finally(() => this.#faults--)
    this.#busy = done.catch(() => undefined)
    await done
  }

  async #noted(fault: () => Promise<void>): Promise<void> {
    const away = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    this.#away.push(away)
    await fault()
    away.to = performance.now()
  }

  /** Whether a fault of the node itself falls into this time. */
  wasAway(from: number, to: number): boolean {
    return this.#away.some((away) => away.from < to && from < away.to)
  }

  /** PostgreSQL may be away at that moment: the supervisor tries again. */
  async #start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.server.restart()
        return
      } catch (error) {
        if (tries === START_TRIES) throw error
        await Bun.sleep(START_PAUSE_MS)
      }
    }
  }
}
