import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import { type Clock, pause } from '../clock.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { patiently } from '../delivery/patiently.ts'
import { backOffMs } from '../server/back-off.ts'
import { type AgentServer, type Incoming, KeyRefused, type StreamMode } from '../server/port.ts'
import { type NewRow, type Row, type State, StateFull, StateUnwritable } from '../state/port.ts'
import type { Directory, DirectoryChange } from './directory.ts'
import type { RowMaker } from './rows.ts'
import type { Senders } from './senders.ts'

const STORE_AGAIN_MS = 1_000
const UNREADABLE_MAX = 1_000

export interface IntakePorts {
  agent: string
  server: AgentServer
  state: State
  directory: Directory
  senders: Senders
  rows: RowMaker
  clock: Clock
  random: () => number
  crash: CrashPoint
  onRow(row: Row): void
  onEvent(event: EventEnvelope): void
  onChange(change: DirectoryChange): void
  onMode(mode: StreamMode, reason: string | null): void
  /** There are no rows of what happened before: a new state, or a position that the server does not know. */
  onGap(reason: string): void
  /** The state takes no more, or takes some again. */
  onBlocked(): void
  failed(stage: string, error: unknown): void
}

/** Takes the events of one agent: each becomes a row, if the agent has to act on it, in one transaction with the cursor. */
export class Intake {
  readonly #ports: IntakePorts
  readonly #signal: AbortSignal
  /** Channels that the server does not list for this agent, e.g. of an event from before its unassignment. */
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
    if (cursor !== null) await this.#store(cursor)
    if (isFirst) this.#ports.onGap('This is the first start with this state.')
  }

  async #event(event: EventEnvelope, cursor: string): Promise<void> {
    const { directory, onChange, onEvent, rows } = this.#ports
    const changes = directory.apply(event)
    const message = messageOf(event)
    if (message) this.#ports.senders.note(message)
    await this.#meet(event.channel_id)
    if (message) await this.#lookUp(message)
    const row = rows.ofEvent(event)
    const stored = await this.#store(cursor, row)
    for (const change of changes) onChange(change)
    onEvent(event)
    if (stored) this.#ports.onRow(stored)
  }

  /** A channel that no event told of, because the stream carries other topics: a mention comes from everywhere. */
  async #meet(channel_id: string | null): Promise<void> {
    const { directory, onChange } = this.#ports
    if (channel_id === null || directory.channel(channel_id) || this.#unreadable.has(channel_id)) return
    await patiently(this.#ports, this.#signal, () => directory.refresh())
    if (directory.channel(channel_id)) return onChange({ type: 'channel', channel_id })
    if (this.#unreadable.size >= UNREADABLE_MAX) this.#unreadable.clear()
    this.#unreadable.add(channel_id)
  }

  /** The sender of what a message answers decides whether it wakes the agent. Waits while the server is away. */
  async #lookUp(message: Message): Promise<void> {
    const { senders, directory } = this.#ports
    if (message.reply_to === null || message.sender.id === directory.me.id) return
    await patiently(this.#ports, this.#signal, () => senders.lookUp(message))
  }

  async #startOver(cursor: string, reason: string): Promise<void> {
    await this.#store(cursor)
    await patiently(this.#ports, this.#signal, () => this.#ports.directory.refresh())
    this.#ports.onGap(reason)
  }

  /** While the state takes nothing, no further event is asked for: the server keeps them. */
  async #store(cursor: string, row?: NewRow): Promise<Row | undefined> {
    const { state, agent, clock, crash, onBlocked } = this.#ports
    const isNew =
      row && (row.seq === null || state.rowsOfMessage(agent, row.channel_id, row.seq).length === 0)
    let is_blocked = false
    for (;;) {
      try {
        if (row) crash(`${row.kind}:received:before`)
        const stored = state.receive(agent, cursor, isNew ? row : undefined)
        if (row) crash(`${row.kind}:received:after`)
        if (is_blocked) onBlocked()
        return stored
      } catch (error) {
        if (!(error instanceof StateFull || error instanceof StateUnwritable)) throw error
        if (!is_blocked) onBlocked()
        is_blocked = true
        await pause(clock, STORE_AGAIN_MS, this.#signal)
        this.#signal.throwIfAborted()
      }
    }
  }
}

function messageOf(event: EventEnvelope): Message | undefined {
  if (event.type !== 'message.created') return undefined
  const { message } = event.payload
  return 'removed' in message ? undefined : message
}
