import type { Channel, Delivery, Message, User } from '../../../src/contracts/resources.ts'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import type { Clock } from '../clock.ts'
import type { CrashPoint } from '../delivery/crash-points.ts'
import { messageRowId } from '../delivery/ids.ts'
import { patiently } from '../delivery/patiently.ts'
import { storing } from '../delivery/storing.ts'
import { type AgentServer, ServerRefused, type WaitingDelivery } from '../server/port.ts'
import type { Row, State } from '../state/port.ts'
import type { RowMaker } from './rows.ts'
import type { Senders } from './senders.ts'

const OPEN: readonly DeliveryState[] = ['queued', 'delivered', 'working']
/** Messages of a channel that are looked at for open deliveries and for answers. */
const PAGE = 200
/** Deliveries that wait to be looked at; one more is left to the next look at the server's list. */
const WAITING_MAX = 1_000

export interface OpenDeliveriesPorts {
  agent: string
  server: Pick<AgentServer, 'messages' | 'waitingDeliveries' | 'deliver'>
  state: State
  directory: { readonly me: Pick<User, 'id'>; readonly channels: readonly Pick<Channel, 'id'>[] }
  rows: Pick<RowMaker, 'ofRetry'>
  senders: Pick<Senders, 'note'>
  /** How far back rows are kept: an older message without a row was worked on once. Milliseconds. */
  kept_ms: number
  clock: Clock
  random: () => number
  crash: CrashPoint
  onRow(row: Row): void
  failed(stage: string, error: unknown): void
}

/**
 * Messages that the server says wait for this agent: those a person asked to be tried again, and those whose row was lost with a
 * damaged state file. One that still has a row, or whose event is yet to come, is left to it.
 */
export class OpenDeliveries {
  readonly #ports: OpenDeliveriesPorts
  readonly #signal: AbortSignal
  readonly #waiting: WaitingDelivery[] = []
  /** Settles when nothing that waited is taken up any more. */
  #running: Promise<void> | undefined
  /** Settles when the recoveries so far are over. */
  #recovered: Promise<unknown> = Promise.resolve()
  /** Recoveries that are not over, also those that wait for a server that is away. */
  #recoveries = 0
  /**
   * Rows of messages up to this seq may be missing, by channel; later ones come by the stream, in its order. Not a time: the
   * clocks of server and bridge differ.
   */
  #lost_through: ReadonlyMap<string, number> = new Map()

  constructor(ports: OpenDeliveriesPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  /**
   * Rows or events are missing for messages up to `lost_through`, by channel: deliveries without a row are taken up, too, in the
   * order of their channel. Looks at all that the server lists and through the latest messages of all channels, and waits while
   * the server is away; meanwhile nothing else is taken up. Rejects as the calls of the server do, and with the signal's reason.
   */
  async recover(lost_through: ReadonlyMap<string, number>): Promise<void> {
    this.#recoveries++
    const recovery = this.#recovered.then(() => this.#recover(lost_through))
    this.#recovered = recovery.catch(() => undefined) // Reported by its own caller.
    try {
      await recovery
    } finally {
      this.#recoveries--
      this.#start()
    }
  }

  async #recover(lost_through: ReadonlyMap<string, number>): Promise<void> {
    await this.#running
    this.#lost_through = lost_through
    const { server, directory } = this.#ports
    const ask = <T>(call: () => Promise<T>) => patiently(this.#ports, this.#signal, call)
    const listed = await ask(() => server.waitingDeliveries())
    for (const { id } of directory.channels) {
      const latest = (await ask(() => server.messages(id, { limit: PAGE }))).toReversed()
      const first = latest[0]?.seq ?? 0
      const older = listed.filter(({ channel_id, seq }) => channel_id === id && seq < first)
      for (const delivery of older.toSorted((a, b) => a.seq - b.seq)) await ask(() => this.#takeUp(delivery))
      for (const message of latest) await ask(() => this.#takeUpMessage(message))
    }
  }

  /** Looks at all that the server lists. */
  async lookAtAll(): Promise<void> {
    for (const delivery of await this.#ports.server.waitingDeliveries()) this.look(delivery)
  }

  /** Looks at one, in the background; after a recovery that is under way, which keeps the order of the messages. */
  look(delivery: WaitingDelivery): void {
    if (this.#waiting.length >= WAITING_MAX) return
    this.#waiting.push(delivery)
    this.#start()
  }

  #start(): void {
    if (this.#running || this.#recoveries > 0 || this.#waiting.length === 0) return
    this.#running = this.#run()
      .catch((error: unknown) => this.#ports.failed('take up a delivery', error))
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Whether a person set the delivery of a row back to `queued` after the row had ended. Rejects with `ServerAway` or `KeyRefused`. */
  async isAskedAgain(row: Row): Promise<boolean> {
    const delivery = await this.#deliveryOf(row)
    return delivery?.state === 'queued' && Date.parse(delivery.updated_at) > row.updated_at
  }

  /** Whether another bridge ended the delivery of a message. Rejects as {@link isAskedAgain} does. */
  async isOver(place: Pick<Row, 'channel_id' | 'seq'>): Promise<boolean> {
    const delivery = await this.#deliveryOf(place)
    return delivery !== undefined && !OPEN.includes(delivery.state)
  }

  async #deliveryOf({ channel_id, seq }: Pick<Row, 'channel_id' | 'seq'>): Promise<Delivery | undefined> {
    const { server, directory } = this.#ports
    if (seq === null) return undefined
    try {
      const [message] = await server.messages(channel_id, { before: seq + 1, limit: 1 })
      const deliveries = message?.seq === seq ? message.deliveries : []
      return deliveries.find(({ agent_id }) => agent_id === directory.me.id)
    } catch (error) {
      // The channel is closed to the agent.
      if (error instanceof ServerRefused) return undefined
      throw error
    }
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await this.#takeUp(next)
  }

  async #takeUp(delivery: WaitingDelivery): Promise<void> {
    if (this.#isAtWork(delivery)) return
    const { channel_id, seq } = delivery
    const [message] = await this.#ports.server.messages(channel_id, { before: seq + 1, limit: 1 })
    if (message?.seq === seq) await this.#takeUpMessage(message)
  }

  #isAtWork({ channel_id, seq }: Pick<WaitingDelivery, 'channel_id' | 'seq'>): boolean {
    const { state, agent } = this.#ports
    return state.rowsOfMessage(agent, channel_id, seq).some(({ step }) => step !== 'done')
  }

  async #takeUpMessage(message: Message): Promise<void> {
    const { state, agent, directory, rows, server, senders, crash, clock } = this.#ports
    const { channel_id, seq } = message
    const delivery = message.deliveries.find(({ agent_id }) => agent_id === directory.me.id)
    if (!delivery || !OPEN.includes(delivery.state)) return
    const earlier = state.rowsOfMessage(agent, channel_id, seq)
    // A row ends only when the server knows its end: a delivery that is open again was asked for again.
    if (earlier.some(({ step }) => step !== 'done')) return
    if (earlier.length === 0) {
      const lost = seq <= (this.#lost_through.get(channel_id) ?? 0)
      if (!lost && !this.#isOld(message)) return
      if (await this.#isAnswered(message)) return await server.deliver(channel_id, seq, 'answered')
    }
    senders.note(message)
    const row = rows.ofRetry(this.#idOf(message, earlier), message)
    // While it was looked at, its event may have arrived.
    if (!row || state.rowsOfMessage(agent, channel_id, seq).length !== earlier.length) return
    const stored = await storing(clock, this.#signal, () => {
      crash(`${row.kind}:received:before`)
      const added = state.enqueue(agent, row)
      crash(`${row.kind}:received:after`)
      return added
    })
    if (stored) this.#ports.onRow(stored)
  }

  /** The keys of a message whose row was lost are those of its row; a message that is asked again needs new ones. */
  #idOf(message: Message, earlier: readonly Row[]): string {
    const id = messageRowId(message.channel_id, message.seq)
    if (earlier[0]) return `${earlier[0].id}r${earlier.length}`
    return this.#isOld(message) ? `${id}r0` : id
  }

  #isOld({ created_at }: Message): boolean {
    return this.#ports.clock.now() - Date.parse(created_at) > this.#ports.kept_ms
  }

  /** Whether an answer of the agent follows the message: an earlier life of this bridge posted it. */
  async #isAnswered({ channel_id, seq, id }: Message): Promise<boolean> {
    const { server, directory } = this.#ports
    const later = await server.messages(channel_id, { after: seq, limit: PAGE })
    return later.some(({ sender, reply_to }) => sender.id === directory.me.id && reply_to === id)
  }
}
