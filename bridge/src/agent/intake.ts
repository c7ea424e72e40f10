import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import { type Clock, pause } from '../clock.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { patiently } from '../delivery/patiently.ts'
import { storing } from '../delivery/storing.ts'
import { backOffMs } from '../server/back-off.ts'
import { type AgentServer, type Incoming, KeyRefused, type StreamMode } from '../server/port.ts'
import type { NewRow, Row, State } from '../state/port.ts'
import type { Directory, DirectoryChange } from './directory.ts'
import type { RowMaker } from './rows.ts'
import type { Senders } from './senders.ts'

/** Channels that were looked up and not found; one more forgets all of them. */
const UNREADABLE_MAX = 1_000

export interface IntakePorts {
  agent: string
  server: Pick<AgentServer, 'events'>
  state: State
  directory: Pick<Directory, 'me' | 'channel' | 'knowsAll' | 'refresh' | 'apply'>
  senders: Pick<Senders, 'note' | 'lookUp'>
  rows: Pick<RowMaker, 'ofEvent'>
  clock: Clock
  random: () => number
  crash: CrashPoint
  /** Whether another bridge has worked on what an event asks. */
  isOver(row: NewRow, sequence: number): Promise<boolean>
  onRow(row: Row): void
  onEvent(event: EventEnvelope): void
  onChange(change: DirectoryChange): void
  onMode(mode: StreamMode, reason: string | null): void
  /**
   * There are no rows of what happened before: a new state, or a position that the server does not know. The next event is taken
   * once this resolves, so that what is made up for stays before it. The position is stored last: a bridge that ends before it
   * makes up for the same again. Rejects when the agent's life ends meanwhile.
   */
  onGap(reason: string): Promise<void>
  /** The state takes no more, or takes some again. */
  onBlocked(): void
  failed(stage: string, error: unknown): void
}

/** Takes the events of one agent: each becomes a row, if the agent has to act on it, in one transaction with the cursor. */
export class Intake {
  readonly #ports: IntakePorts
  readonly #signal: AbortSignal
  readonly #unreadable = new Set<string>()

  constructor(ports: IntakePorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  /** Ends when the signal aborts; rejects with `KeyRefused`. */
  async run(): Promise<void> {
    const { server, state, agent, clock, random, failed } = this.#ports
    for (let failures = 0; !this.#signal.aborted; ) {
      try {
        for await (const item of server.events(state.cursor(agent), this.#signal)) {
          await this.#take(item)
          failures = 0
          if (this.#signal.aborted) return
        }
      } catch (error) {
        if (error instanceof KeyRefused || this.#signal.aborted) throw error
        failed('take an event', error)
        await pause(clock, backOffMs(++failures, random), this.#signal)
      }
    }
  }

  async #take(item: Incoming): Promise<void> {
    switch (item.kind) {
      case 'mode':
        return this.#ports.onMode(item.mode, item.reason)
      case 'opened':
        return await this.#opened(item.cursor)
      case 'cursor':
        return void (await this.#store(item.cursor))
      case 'reset':
        return await this.#startOver(item.cursor, item.reason)
      case 'event':
        return await this.#event(item.event, item.cursor)
    }
  }

  async #opened(cursor: string | null): Promise<void> {
    const isFirst = this.#ports.state.cursor(this.#ports.agent) === null
    if (isFirst) await this.#ports.onGap('This is the first start with this state.')
    if (cursor !== null) await this.#store(cursor)
  }

  async #event(event: EventEnvelope, cursor: string): Promise<void> {
    const { directory, onChange, onEvent, rows } = this.#ports
    await this.#meetProjects(event)
    const changes = [...(await this.#meet(event)), ...directory.apply(event)]
    const message = messageOf(event)
    if (message) this.#ports.senders.note(message)
    if (message) await this.#lookUp(message)
    const made = rows.ofEvent(event)
    const row = made && (await this.#ports.isOver(made, event.sequence)) ? undefined : made
    const stored = await this.#store(cursor, row)
    for (const change of changes) onChange(change)
    onEvent(event)
    if (stored) this.#ports.onRow(stored)
  }

  /**
   * Looks up a channel at its first event. Its creation may not have arrived: that event has the topic of the new channel, to
   * which nobody subscribed. Waits while the server is away.
   */
  async #meet(event: EventEnvelope): Promise<DirectoryChange[]> {
    const { directory } = this.#ports
    const channel_id = spokenIn(event)
    if (channel_id === undefined || directory.channel(channel_id) || this.#unreadable.has(channel_id))
      return []
    await patiently(this.#ports, this.#signal, () => directory.refresh())
    if (directory.channel(channel_id)) return [{ type: 'channel', channel_id }]
    if (this.#unreadable.size >= UNREADABLE_MAX) this.#unreadable.clear()
    this.#unreadable.add(channel_id)
    return []
  }

  /**
   * Looks up the projects of a hosted sub-agent, in whose channel it speaks: the events of projects that the host is not assigned
   * to have topics to which it does not subscribe. Waits while the server is away.
   */
  async #meetProjects(event: EventEnvelope): Promise<void> {
    if (event.type !== 'sub_agent.created') return
    const { directory } = this.#ports
    const { sub_agent, project_ids } = event.payload
    if (sub_agent.host_agent_id !== directory.me.id || directory.knowsAll(project_ids)) return
    await patiently(this.#ports, this.#signal, () => directory.refresh())
  }

  /** The sender of what a message answers decides whether it wakes the agent. Waits while the server is away. */
  async #lookUp(message: Message): Promise<void> {
    const { senders, directory } = this.#ports
    if (message.reply_to === null || message.sender.id === directory.me.id) return
    await patiently(this.#ports, this.#signal, () => senders.lookUp(message))
  }

  async #startOver(cursor: string, reason: string): Promise<void> {
    await this.#ports.onGap(reason)
    await this.#store(cursor)
  }

  /** While the state takes nothing, no further event is asked for: the server keeps them. */
  async #store(cursor: string, row?: NewRow): Promise<Row | undefined> {
    const { state, agent, clock, crash, onBlocked } = this.#ports
    const isNew =
      row && (row.seq === null || state.rowsOfMessage(agent, row.channel_id, row.seq).length === 0)
    const store = () => {
      if (row) crash(`${row.kind}:received:before`)
      const stored = state.receive(agent, cursor, isNew ? row : undefined)
      if (row) crash(`${row.kind}:received:after`)
      return stored
    }
    return await storing(clock, this.#signal, store, onBlocked)
  }
}

/** The channel in which somebody speaks to the agent. */
function spokenIn(event: EventEnvelope): string | undefined {
  if (event.type === 'command.invoked') return event.payload.channel_id
  return messageOf(event)?.channel_id
}

function messageOf(event: EventEnvelope): Message | undefined {
  if (event.type !== 'message.created') return undefined
  const { message } = event.payload
  return 'removed' in message ? undefined : message
}
