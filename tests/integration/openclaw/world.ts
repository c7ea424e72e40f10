import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HealthReport } from '../../../bridge/src/health/report.ts'
import { type BridgeProcess, startBridge } from '../../support/bridge-process.ts'
import { type Agent, addAgent, type Channel, type Message, type Person, setUp } from '../../support/client.ts'
import type { ModelCall } from '../../support/openclaw/fake-model.ts'
import { RealGateway } from '../../support/openclaw/gateway.ts'
import type { OpenClawVersion } from '../../support/openclaw/install.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { WsJournal } from '../../support/streams.ts'

/** A behaviour of the whole chain. It uses channels of its own, and leaves all programs running. */
export type Scenario = [title: string, holds: (world: World) => Promise<void>]

export type Delivery = Message['deliveries'][number]
type DeliveryState = Delivery['state']

/** Messages with which a new session is primed: few, so that a test sees what is left out. */
export const PRIMED = 3

/** A condition that does not hold by then never will: a start of the gateway takes some ten seconds, twice that when the machine is busy. */
const PATIENCE_MS = 120_000

const WARM_UPS_MAX = 3

/** A real server, a real gateway with its model, and the bridge between them, each a process of its own. */
export class World {
  readonly server: TestServer
  readonly gateway: RealGateway
  readonly bridge: BridgeProcess
  readonly admin: Person
  /** On the gateway's agent `main`. */
  readonly scout: Agent
  /** On the gateway's agent `scout`. */
  readonly brief: Agent
  readonly folder: string
  #names = 0

  private constructor(
    parts: Pick<World, 'server' | 'gateway' | 'bridge' | 'admin' | 'scout' | 'brief' | 'folder'>,
  ) {
    this.server = parts.server
    this.gateway = parts.gateway
    this.bridge = parts.bridge
    this.admin = parts.admin
    this.scout = parts.scout
    this.brief = parts.brief
    this.folder = parts.folder
  }

  static async open(version: OpenClawVersion): Promise<World> {
    await using undo = new AsyncDisposableStack()
    const gateway = await RealGateway.start(version)
    undo.defer(() => gateway.stop())
    const server = await startServer()
    undo.defer(() => server.stop())
    const admin = await setUp(server)
    const [scout, brief] = [await addAgent(admin, 'scout'), await addAgent(admin, 'brief')]
    const folder = mkdtempSync(join(tmpdir(), 'mc-real-bridge-'))
    undo.defer(() => rmSync(folder, { recursive: true, force: true }))
    const own = { org: admin.org, history_fetch_count: PRIMED }
    const bridge = await startBridge({
      folder: join(folder, 'shared'),
      server_url: server.url,
      gateway,
      agents: [
        { ...own, name: 'scout', key: scout.key },
        { ...own, name: 'brief', key: brief.key, gateway_agent: 'scout' },
      ],
      sections: 'updates:\n  auto_check: false',
    })
    undo.defer(() => bridge.stop())
    const world = new World({ server, gateway, bridge, admin, scout, brief, folder })
    await world.#warmUp()
    undo.move()
    return world
  }

  /**
   * The first turn of each agent of the gateway opens its database. On a slow disk a gateway of 2026.9 may lose that to its own
   * maintenance ("another OpenClaw process owns state-lifecycle") and refuses all turns of that agent until it is restarted.
   */
  async #warmUp(): Promise<void> {
    for (const agent of [this.scout, this.brief])
      for (let tries = 1; ; tries++) {
        const asked = await this.say(await this.channel(), `@${agent.user.username} ECHO awake`)
        const end = await this.delivery(asked, agent, ['answered', 'failed'])
        if (end.state === 'answered') break
        if (tries === WARM_UPS_MAX)
          throw new Error(`The gateway fails at ${agent.user.username}: ${end.detail}`)
        await this.gateway.kill()
        await this.gateway.start()
      }
  }

  async close(): Promise<void> {
    await this.bridge.stop()
    await this.gateway.stop()
    await this.server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A new channel for all, so that its sessions are new. */
  async channel(): Promise<Channel> {
    const { status, body } = await this.admin.in<Channel>('POST', '/channels', {
      name: `place-${++this.#names}`,
    })
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body
  }

  async say(
    { id }: Pick<Channel, 'id'>,
    content: string,
    fields: Record<string, unknown> = {},
  ): Promise<Message> {
    const { status, body } = await this.admin.in<Message>('POST', `/channels/${id}/messages`, {
      content,
      ...fields,
    })
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
    return body
  }

  /** All messages of a channel, oldest first. */
  async messages({ id }: Pick<Channel, 'id'>): Promise<Message[]> {
    const { body } = await this.admin.in<{ data: Message[] }>('GET', `/channels/${id}/messages?limit=200`)
    return body.data.toReversed()
  }

  /** What agents said in a channel after a message, oldest first. */
  async saidAfter({ channel_id, seq }: Message): Promise<Message[]> {
    const all = await this.messages({ id: channel_id })
    return all.filter((message) => message.seq > seq && message.sender.type === 'agent')
  }

  /** The first answer to a message. */
  async answer(asked: Message): Promise<Message> {
    return await this.found(`an answer to "${asked.content.slice(0, 60)}"`, async () =>
      (await this.saidAfter(asked)).find(({ reply_to }) => reply_to === asked.id),
    )
  }

  /** The texts that answer a message, once a later message has been answered: all of the earlier ones came before. */
  async answers(asked: Message): Promise<string[]> {
    await this.answer(await this.say({ id: asked.channel_id }, '@scout ECHO that was all'))
    const replies = (await this.saidAfter(asked)).filter(({ reply_to }) => reply_to === asked.id)
    return replies.map(({ content }) => content)
  }

  /** The delivery of a message to an agent, once it is in one of the states. */
  async delivery(
    asked: Message,
    agent: Agent,
    state: DeliveryState | DeliveryState[],
    detail = /^/,
  ): Promise<Delivery> {
    return await this.found(
      `the delivery of "${asked.content.slice(0, 60)}" to be ${state} ${detail}`,
      async () => {
        const messages = await this.messages({ id: asked.channel_id })
        const deliveries = messages.find(({ seq }) => seq === asked.seq)?.deliveries ?? []
        const one = deliveries.find(({ agent_id }) => agent_id === agent.user.id)
        return one && [state].flat().includes(one.state) && detail.test(one.detail ?? '') ? one : undefined
      },
    )
  }

  /** Calls of the model whose turn has this text. */
  calls(text: string): ModelCall[] {
    return this.gateway.model.calls.filter(({ user }) => user.includes(text))
  }

  /** The first call of the model for a text. */
  async called(text: string): Promise<ModelCall> {
    return await this.found(`the model to be asked "${text}"`, () => this.calls(text)[0])
  }

  open(gate: string): void {
    this.gateway.model.gates.open(gate)
  }

  async health(): Promise<HealthReport | undefined> {
    return await this.bridge.health().then(
      ({ body }) => body as unknown as HealthReport,
      () => undefined,
    )
  }

  /** Resolves when the health has this status, and with a reason that fits. */
  async isHealthy(status: HealthReport['status'], reason = /^/): Promise<void> {
    await this.found(`the health to be ${status} ${reason}`, async () => {
      const report = await this.health()
      const fits =
        report?.status === status && (status === 'ok' || report.reasons.some((one) => reason.test(one)))
      return fits || undefined
    })
  }

  /** A person's WebSocket. */
  async watch(): Promise<WsJournal> {
    const url = `${this.server.url}/api/v1/orgs/${this.admin.org}/channels/ws`
    return await WsJournal.open(url, { Cookie: this.admin.cookieHeader, Origin: this.server.url })
  }

  /** Waits until `find` gives something. What failed to come is told with the end of the bridge's log. */
  async found<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const give_up_at = Date.now() + PATIENCE_MS
    for (;;) {
      const found = await find()
      if (found !== undefined) return found
      if (Date.now() > give_up_at)
        throw new Error(`Waited in vain for ${what}\n${this.bridge.log().slice(-4_000)}`)
      await Bun.sleep(20)
    }
  }
}

export const gateName = () => crypto.randomUUID()
