import type { LogEvent, PublishedBatch } from '../contracts/log-event.ts'
import type { Message } from '../contracts/resources.ts'
import { type QueuedDelivery, takersOf, type WaitingDelivery } from '../domain/deliveries.ts'
import type { OrgEdge } from './org-edge.ts'
import type { Ephemeral } from './relayed-frames.ts'

interface Ports {
  /** The edge of an org that knows who is at this and at other nodes. */
  edge(org_id: string): OrgEdge | undefined
  /** The same, loaded when it is not; undefined when the org is gone. Absent when every org has its edge here. */
  settled?(org_id: string): Promise<OrgEdge | undefined>
  /** Stores the state `queued` of those deliveries that have none, and answers them. */
  queue(org_id: string, waiting: readonly WaitingDelivery[]): Promise<QueuedDelivery[]>
  /** Shows a delivery to the readers of its channel, on every node. */
  show(frame: Ephemeral): void
  failed(stage: string, error: unknown): void
}

/** Deliveries of one org that wait to be stored; a flood of mentions beyond it goes without the notice. */
const WAITING_MAX = 1_000

/**
 * Says under a message which of its agents are not connected: as deliveries in the state `queued`, which an agent's own
 * reports move on. Beside the lane, after the message is stored, so the message does not wait for it.
 */
export class AbsentAgents {
  readonly #ports: Ports
  /** What waits of each org while its statement is under way. */
  readonly #waiting = new Map<string, WaitingDelivery[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Takes a batch that was stored and delivered here. Must not throw. */
  follow({ org_id, events }: PublishedBatch): void {
    for (const event of events) if (event.type === 'message.created') this.#look(org_id, event)
  }

  #look(org_id: string, event: Extract<LogEvent, { type: 'message.created' }>): void {
    const { message } = event.payload
    if ('removed' in message) return
    if (message.mentions.length === 0 && message.kind !== 'command') return
    const edge = this.#ports.edge(org_id)
    if (edge) this.#note(edge, message)
    else
      this.#ports.settled?.(org_id).then(
        (settled) => settled && this.#note(settled, message),
        (error: unknown) => this.#ports.failed('note that agents are not connected', error),
      )
  }

  #note(edge: OrgEdge, message: Message): void {
    const { org_id } = edge
    const { channel_id, seq, sender } = message
    const isHere = (id: string) => edge.attendance.isHere(id)
    const waiting = takersOf(edge.permissions, message, isHere).flatMap((agent_id) => {
      const absence = agent_id === sender.id ? undefined : edge.attendance.absenceOf(agent_id)
      return absence ? [{ channel_id, seq, agent_id, ...absence }] : []
    })
    if (waiting.length > 0) this.#add(org_id, waiting)
  }

  #add(org_id: string, waiting: WaitingDelivery[]): void {
    const before = this.#waiting.get(org_id)
    if (before) {
      if (before.length < WAITING_MAX) before.push(...waiting)
      return
    }
    this.#waiting.set(org_id, waiting)
    // After this turn, so that the messages of a batch share a statement.
    queueMicrotask(() => void this.#store(org_id))
  }

  async #store(org_id: string): Promise<void> {
    for (
      let batch = this.#waiting.get(org_id);
      batch && batch.length > 0;
      batch = this.#waiting.get(org_id)
    ) {
      this.#waiting.set(org_id, [])
      try {
        for (const { channel_id, seq, agent_id, detail } of await this.#ports.queue(org_id, batch)) {
          const frame = { type: 'delivery', channel_id, seq, agent_id, state: 'queued', detail } as const
          this.#ports.show({ org_id, channel_id, frame })
        }
      } catch (error) {
        this.#ports.failed('note that agents are not connected', error)
      }
    }
    this.#waiting.delete(org_id)
  }
}
