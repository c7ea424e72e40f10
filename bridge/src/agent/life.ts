import { type EventEnvelope, parseCursor } from '../../../src/contracts/events.ts'
import type { AgentClient } from '../../../src/contracts/resources.ts'
import { pause } from '../clock.ts'
import type { AgentConfig } from '../config/config.ts'
import { runPrefix } from '../delivery/ids.ts'
import { patiently } from '../delivery/patiently.ts'
import { storing } from '../delivery/storing.ts'
import type { GatewayEvent, Link } from '../gateway/port.ts'
import { registeredCommands } from '../relay/commands.ts'
import { type AgentServer, KeyRefused, type StreamMode, type SubAgentServer } from '../server/port.ts'
import type { NewRow, Row } from '../state/port.ts'
import type { AgentMeans } from './agent.ts'
import { AgentDelivery, type DeliveryEvents } from './agent-delivery.ts'
import { Directory, type DirectoryChange } from './directory.ts'
import { Intake } from './intake.ts'
import { OpenDeliveries } from './open-deliveries.ts'
import type { Presence } from './presence.ts'
import { RowMaker } from './rows.ts'
import { Senders } from './senders.ts'
import { SessionKeeper } from './session-keeper.ts'
import { isSubAgentEnd, SubAgents } from './sub-agents.ts'
import { subscriptionsOf } from './subscriptions.ts'

/** Done rows are kept for 7 days. */
export const KEPT_MS = 7 * 24 * 60 * 60_000

/** What the parts of one agent work with. */
export interface LifePorts extends AgentMeans, DeliveryEvents {
  config: AgentConfig
  server: AgentServer
  /** The server as a hosted sub-agent. */
  subAgentServer(api_key: string): SubAgentServer
  presence: Presence
  onKnown(directory: Directory): void
  /** Another bridge has the agent: the signal aborts. */
  onOther(other: AgentClient): void
  /** The agent is this bridge's. */
  onHeld(): void
  onReceived(row: Row): void
  onEvent(event: EventEnvelope): void
  onMode(mode: StreamMode, reason: string | null): void
}

/** The work of an agent while its key holds: events become rows, rows walk through their lanes, answers are posted. */
export class Life {
  readonly directory: Directory
  readonly delivery: AgentDelivery
  readonly #ports: LifePorts
  readonly #over = new AbortController()
  readonly #sessions: SessionKeeper
  readonly #open: OpenDeliveries
  readonly #intake: Intake
  readonly #rows: RowMaker
  readonly #subAgents: SubAgents
  #refused: KeyRefused | undefined
  #subscribed = ''
  /** During a challenge, what the agent says is the other bridge's. */
  #deaf = false
  /** Events up to this one may be the other bridge's that had the agent before. */
  #others_sequence = 0
  #subscribing: Promise<void> = Promise.resolve()

  constructor(ports: LifePorts, signal: AbortSignal) {
    const { config, server, log } = ports
    const over = this.#over.signal
    if (signal.aborted) this.#over.abort()
    signal.addEventListener('abort', () => this.#over.abort(), { once: true, signal: over })
    this.#ports = ports
    this.directory = new Directory(server)
    const senders = new Senders(server)
    const rows = new RowMaker(config, this.directory, senders)
    this.#rows = rows
    this.#subAgents = new SubAgents(ports)
    const common = {
      ...ports,
      agent: config.name,
      directory: this.directory,
      senders,
      rows,
      failed: log.failed,
    }
    this.#sessions = new SessionKeeper({ ...common, history_fetch_count: config.history_fetch_count }, over)
    const again = {
      isAsked: (row: Row) => this.#open.isAskedAgain(row),
      take: ({ channel_id, seq }: Row) => {
        if (seq !== null) this.#open.look({ channel_id, seq, detail: null })
      },
    }
    this.delivery = new AgentDelivery(
      ports,
      rows,
      this.#sessions,
      this.#subAgents,
      again,
      (error) => this.#refuse(error),
      over,
    )
    this.#open = new OpenDeliveries(
      {
        ...common,
        kept_ms: KEPT_MS,
        onRow: (row) => this.delivery.push(row),
      },
      over,
    )
    this.#intake = new Intake(
      {
        ...common,
        isOver: (row, sequence) => this.#isOver(row, sequence),
        onRow: (row) => this.#took(row),
        onEvent: (event) => this.#onEvent(event),
        onChange: (change) => this.#onChange(change),
        onMode: ports.onMode,
        onGap: async (reason) => {
          await this.#ask(() => this.directory.refresh())
          await this.#recover(reason, this.directory.lastSeqs)
          over.throwIfAborted()
        },
        onBlocked: ports.onChange,
      },
      over,
    )
  }

  /** Lives until the signal aborts or the key is refused: resolves with the refusal then. */
  async run(): Promise<KeyRefused | undefined> {
    const { gateway, server } = this.#ports
    const leave = [gateway.onLink((link) => this.#linked(link))]
    try {
      await this.#start()
      leave.push(
        server.onDelivery(
          (one) => this.#open.look(one),
          () => this.#inBackground('look at waiting deliveries', () => this.#open.lookAtAll()),
        ),
      )
      await this.#intake.run()
    } catch (error) {
      if (error instanceof KeyRefused) this.#refused = error
      else if (!this.#over.signal.aborted) throw error
    } finally {
      for (const end of leave) end()
      this.#over.abort()
      await this.delivery.ended()
      this.#subAgents.close()
    }
    return this.#refused
  }

  hear(event: GatewayEvent): void {
    if (!this.#deaf) this.delivery.hear(event)
  }

  /** Says once in the org-wide channel what keeps the agent from taking messages; best effort, the log has it in any case. */
  announce(id: string, content: string): void {
    const channel = this.directory.orgWide
    if (!channel) return
    const { config, server } = this.#ports
    const client_id = `${runPrefix({ org_slug: config.org_slug, agent: config.name })}${id}`
    void this.#inBackground('announce a problem', () => server.post(channel.id, { content, client_id }))
  }

  async #start(): Promise<void> {
    const { state, config, server } = this.#ports
    const unfinished = state.unfinished(config.name)
    for (const row of unfinished) this.delivery.claim(row)
    await this.#ask(() => this.directory.refresh())
    this.#ports.onKnown(this.directory)
    await this.#hold()
    for (const row of unfinished) this.delivery.push(row)
    this.#sessions.endUnreadable()
    this.#sessions.endSubAgents()
    this.#subscribe()
    void this.#inBackground('register commands', () => server.registerCommands(registeredCommands()))
  }

  /** Goes on when the agent is this bridge's; otherwise the signal aborts. Rows and the position stay for the next time. */
  async #hold(): Promise<void> {
    const { presence, state, config, clock, times } = this.#ports
    const over = this.#over.signal
    over.throwIfAborted()
    this.#deaf = true
    const claim = await presence.claim(this.directory.me)
    over.throwIfAborted()
    if (!claim.held) {
      await storing(clock, over, () => state.receive(config.name, claim.position))
      this.#ports.onOther(claim.other)
      return over.throwIfAborted()
    }
    this.#deaf = false
    this.#ports.onHeld()
    if (!claim.took_over) return void this.#adopt()
    const position = await this.#ask(() => this.#ports.server.position())
    this.#others_sequence = parseCursor(position)?.sequence ?? 0
    // What comes later has a row by the stream.
    const lost_through = this.directory.lastSeqs
    void pause(clock, times.recover_ms, over).then(async () => {
      if (!over.aborted) await this.#recover('Another bridge had the agent before.', lost_through)
    })
  }

  async #isOver(row: NewRow, sequence: number): Promise<boolean> {
    if (sequence > this.#others_sequence) return false
    return await this.#ask(() => this.#open.isOver(row))
  }

  #linked(link: Link): void {
    if (link.status === 'connected') this.delivery.wake()
    else this.delivery.gatewayLost()
  }

  #onEvent(event: EventEnvelope): void {
    if (isSubAgentEnd(event)) this.#subAgents.ended(event.payload.sub_agent.id)
    if (event.type === 'channel.loop_resumed') this.delivery.wake()
    if (event.type === 'user.updated' && event.payload.user.id === this.directory.me.id)
      this.#ports.presence.look(event.payload.user.client)
    this.#ports.onEvent(event)
  }

  #onChange(change: DirectoryChange): void {
    this.#subscribe()
    if (change.type !== 'unassigned') return
    const channel_id = this.directory.project(change.project_id)?.channel_id
    if (channel_id !== undefined) this.#sessions.end(channel_id)
    else this.#sessions.endUnreadable()
  }

  /** The topics follow the assignments; said only when they changed. */
  #subscribe(): void {
    const { config, server } = this.#ports
    if (!config.auto_subscribe) return
    const subscriptions = subscriptionsOf(config.wake, this.directory)
    const text = JSON.stringify(subscriptions)
    if (text === this.#subscribed) return
    this.#subscribed = text
    // One after the other: the last one said is the one that holds.
    this.#subscribing = this.#subscribing.then(() =>
      this.#inBackground('subscribe', () => server.subscribe(subscriptions)),
    )
  }

  async #recover(reason: string, lost_through: ReadonlyMap<string, number>): Promise<void> {
    this.#ports.log.info('Open deliveries are taken up from the server.', { reason })
    await this.#inBackground('recover open deliveries', () => this.#open.recover(lost_through))
    await this.#adopt()
  }

  /** Takes up the sub-agents of this host that have no row. Resolves when it is done or was given up. */
  async #adopt(): Promise<void> {
    const { state, config, server, clock } = this.#ports
    const over = this.#over.signal
    await this.#inBackground('take up sub-agents', async () => {
      for (const sub_agent of await server.activeSubAgents()) {
        if (sub_agent.host_agent_id !== this.directory.me.id) continue
        const { project_ids } = await server.task(sub_agent.task_id)
        if (!this.directory.knowsAll(project_ids)) await this.directory.refresh()
        const row = this.#rows.ofSubAgent(sub_agent, project_ids)
        const stored = row && (await storing(clock, over, () => state.enqueue(config.name, row)))
        if (stored) this.#took(stored)
      }
    })
  }

  #took(row: Row): void {
    this.#ports.onReceived(row)
    this.delivery.push(row)
  }

  /** Resolves when it is done or was given up. */
  async #inBackground(stage: string, ask: () => Promise<unknown>): Promise<void> {
    try {
      await this.#ask(ask)
    } catch (error) {
      if (error instanceof KeyRefused) this.#refuse(error)
      else if (!this.#over.signal.aborted) this.#ports.log.failed(stage, error)
    }
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    return await patiently(this.#ports, this.#over.signal, ask)
  }

  #refuse(error: KeyRefused): void {
    this.#refused ??= error
    this.#over.abort()
  }
}
