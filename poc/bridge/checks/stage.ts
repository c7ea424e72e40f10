import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFrames } from '../sse.ts'
import { type Message, now_ms } from '../wire.ts'
import { Program } from './processes.ts'

const HUMAN_KEY = 'human-key'
const AGENT_KEY = 'agent-key'
const TOKEN = 'proof-token'

export interface Turn {
  run_id: string
  message: string
  received_ms: number
  final_ms: number
}

/** Server, gateway and bridge as processes of their own, and a person who writes and watches. */
export class Stage {
  readonly server: Program
  readonly gateway: Program
  readonly bridge: Program
  readonly #dir: string
  readonly #url: string
  readonly #gateway_url: string
  readonly #seen: { message: Message; at_ms: number }[] = []
  readonly #abort = new AbortController()

  private constructor(dir: string, server_port: number, gateway_port: number, gateway?: GatewayAddress) {
    this.#dir = dir
    this.#url = `http://127.0.0.1:${server_port}`
    this.#gateway_url = gateway?.url ?? `ws://127.0.0.1:${gateway_port}`
    this.server = new Program('mission-control/main.ts', {
      PORT: String(server_port),
      DB: join(dir, 'server.db'),
      HUMAN_KEY,
      AGENT_KEY,
    })
    this.gateway = new Program('mock-gateway/main.ts', {
      PORT: String(gateway_port),
      DB: join(dir, 'gateway.db'),
      TOKEN,
    })
    this.bridge = new Program('bridge/main.ts', {
      MC_URL: this.#url,
      MC_KEY: AGENT_KEY,
      GATEWAY_URL: this.#gateway_url,
      GATEWAY_TOKEN: gateway?.token ?? TOKEN,
      DB: join(dir, 'bridge.db'),
    })
  }

  /** `gateway`: a real one that runs already; without it the mock is started. */
  static async open(gateway?: GatewayAddress): Promise<Stage> {
    const dir = mkdtempSync(join(tmpdir(), 'mc-poc-bridge-'))
    const stage = new Stage(dir, await freePort(), await freePort(), gateway)
    await stage.server.start()
    if (!gateway) await stage.gateway.start()
    await stage.bridge.start()
    void stage.#watch()
    return stage
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await Promise.all([this.bridge.kill(), this.gateway.kill(), this.server.kill()])
    rmSync(this.#dir, { recursive: true, force: true })
  }

  /** Writes as the person. Resolves when it is stored, also when the server is away for a moment. */
  async say(channel_id: string, content: string): Promise<{ message: Message; at_ms: number }> {
    const client_id = crypto.randomUUID()
    for (;;) {
      const at_ms = now_ms()
      const answer = await fetch(`${this.#url}/channels/${channel_id}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${HUMAN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ content, client_id }),
      }).catch(() => undefined)
      if (answer?.ok) return { message: (await answer.json()) as Message, at_ms }
      await Bun.sleep(50)
    }
  }

  /** The agent's answer to a message as the person's stream showed it; undefined when none comes in time. */
  async answer(message: Message, limit_ms: number): Promise<{ message: Message; at_ms: number } | undefined> {
    const give_up_ms = now_ms() + limit_ms
    while (now_ms() < give_up_ms) {
      const found = this.#seen.find(
        (seen) =>
          seen.message.channel_id === message.channel_id &&
          seen.message.sender.type === 'agent' &&
          seen.message.reply_to === message.seq,
      )
      if (found) return found
      await Bun.sleep(2)
    }
    return undefined
  }

  /** Everything that is stored in a channel. */
  async messages(channel_id: string): Promise<Message[]> {
    const answer = await fetch(`${this.#url}/channels/${channel_id}/messages`, {
      headers: { authorization: `Bearer ${HUMAN_KEY}` },
    })
    return ((await answer.json()) as { data: Message[] }).data
  }

  /** What the mock gateway has run. */
  async turns(): Promise<Turn[]> {
    return (await (await fetch(`${this.#gateway_url.replace('ws', 'http')}/log`)).json()) as Turn[]
  }

  async #watch(): Promise<void> {
    let cursor: string | null = null
    while (!this.#abort.signal.aborted) {
      try {
        const response: Response = await fetch(`${this.#url}/events/stream`, {
          headers: {
            authorization: `Bearer ${HUMAN_KEY}`,
            ...(cursor === null ? {} : { 'last-event-id': cursor }),
          },
          signal: this.#abort.signal,
        })
        for await (const { id, data } of readFrames(response)) {
          if (id !== null) cursor = id
          if (data && 'sequence' in data && data.type === 'message.created')
            this.#seen.push({ message: data.payload.message, at_ms: now_ms() })
        }
      } catch {
        // The server is away: the next look goes on from the cursor.
      }
      await Bun.sleep(20)
    }
  }
}

export interface GatewayAddress {
  url: string
  token: string
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
