import type { PostReply, PostRequest } from '../../../src/contracts/calls.ts'
import { type CutProxy, startCutProxy } from '../../support/cut-proxy.ts'
import { type DenoNode, type Outcome, startDenoNode } from '../../support/deno-node.ts'
import { personAt } from '../../support/nodes.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import type { ChaosOrg } from './orgs.ts'

/** A supervisor's pause before it starts a node again that did not come up. */
const START_PAUSE_MS = 500
const START_TRIES = 60
/** A drain that takes longer never ends: the supervisor kills. */
const DRAIN_MS_MAX = 120_000

/** What runs a node. */
interface NodeProcess {
  readonly pid: number
  log(): string
  kill(signal: NodeJS.Signals): Promise<unknown>
  ended(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** One node of either kind, with faults that happen to it one at a time. */
export abstract class ChaosNode {
  readonly id: string
  readonly #process: NodeProcess
  /** The fault under way. */
  #busy: Promise<unknown> = Promise.resolve()
  #faults = 0
  /** Of the slowest drain so far. */
  drained_ms_max = 0
  /** Ends of the process that no fault asked for. */
  crashes = 0
  #ends = false
  /** Times in which a fault kept it from answering. */
  readonly #away: { from: number; to: number }[] = []

  protected constructor(id: string, process_: NodeProcess) {
    this.id = id
    this.#process = process_
    this.#watch()
  }

  /** Makes it the owner of an org that has none, without a change that is stored in the log. */
  abstract take(org: ChaosOrg): Promise<void>

  log(): string {
    return this.#process.log()
  }

  get isFree(): boolean {
    return this.#faults === 0
  }

  async kill(down_ms: number): Promise<void> {
    await this.#next(async () => {
      await this.#end('SIGKILL')
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
      process.kill(this.#process.pid, 'SIGSTOP')
      await over()
      process.kill(this.#process.pid, 'SIGCONT')
    })
  }

  /** Ends it with SIGTERM, as a deployment does, and starts it again. */
  async roll(): Promise<void> {
    await this.#next(async () => {
      const began_at = performance.now()
      const kill = setTimeout(() => void this.#end('SIGKILL'), DRAIN_MS_MAX)
      await this.#end('SIGTERM')
      clearTimeout(kill)
      this.drained_ms_max = Math.max(this.drained_ms_max, performance.now() - began_at)
      await this.#start()
    })
  }

  async stop(): Promise<void> {
    await this.#busy.catch(() => undefined)
    await this.#end('SIGKILL')
    await this.#process.stop()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#ends = true
    await this.#process.kill(signal)
  }

  #watch(): void {
    this.#ends = false
    void this.#process.ended().then(() => {
      if (!this.#ends) this.crashes++
    })
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
        await this.#process.restart()
        this.#watch()
        return
      } catch (error) {
        if (tries === START_TRIES) throw error
        await Bun.sleep(START_PAUSE_MS)
      }
    }
  }
}

/** A node with HTTP behind a proxy of its own. */
export class HttpNode extends ChaosNode {
  readonly server: TestServer
  readonly proxy: CutProxy

  private constructor(id: string, server: TestServer, proxy: CutProxy) {
    super(id, server)
    this.server = server
    this.proxy = proxy
  }

  static async start(id: string, env: Record<string, string>): Promise<HttpNode> {
    const server = await startServer({ env: { ...env, MC_NODE_ID: id } })
    return new HttpNode(id, server, await startCutProxy(server.port))
  }

  /** What clients connect to. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`
  }

  async take({ open_channels: [channel_id = ''], inside }: ChaosOrg): Promise<void> {
    const path = `/channels/${channel_id}/read`
    const { status } = await personAt(inside, { url: this.server.url }).in('PUT', path, { seq: 0 })
    if (status >= 300) throw new Error(`${this.id} did not take an org: ${status}`)
  }

  override async stop(): Promise<void> {
    await this.proxy.stop()
    await super.stop()
  }
}

/** A node without HTTP, under Deno: its callers are inside. */
export class ActorsNode extends ChaosNode {
  readonly #deno: DenoNode
  /** Changes that it acknowledged to its callers. */
  acknowledged = 0

  private constructor(id: string, deno: DenoNode) {
    super(id, deno)
    this.#deno = deno
  }

  static async start(id: string, env: Record<string, string>): Promise<ActorsNode> {
    return new ActorsNode(id, await startDenoNode({ ...env, MC_NODE_ID: id }))
  }

  async take({ id, open_channels: [channel_id = ''], inside }: ChaosOrg): Promise<void> {
    const request = { type: 'read', user_id: inside.user_id, seq: 0, now: true } as const
    const outcome = await this.#deno.call(id, channel_id, request)
    if (!outcome || 'error' in outcome)
      throw new Error(`${this.id} did not take an org: ${outcome?.error.text}`)
  }

  async post(org_id: string, request: PostRequest): Promise<Outcome<PostReply> | undefined> {
    const posted = await this.#deno.call(org_id, request.posting.channel_id, request)
    if (posted && 'reply' in posted) this.acknowledged++
    return posted
  }
}
