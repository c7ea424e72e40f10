import type { LaneStore, OpenBatch } from '../../src/actors/runtime/lane-store.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import type { EventContent } from '../../src/contracts/event-payloads.ts'
import type { LogEvent } from '../../src/contracts/log-event.ts'
import type { Done, Job } from '../../src/domain/job.ts'
import { Fenced, Gone, type Head } from '../../src/domain/ownership.ts'

/** What a test's command does: the input of its call. */
export interface FakeInput {
  event?: EventContent
  refuse?: string
  /** What the caller hears. */
  result?: unknown
}

/** The event of a command that names none: it changes no rights. */
const SMALL: EventContent = {
  type: 'channel.loop_resumed',
  payload: { channel_id: '00000000-0000-7000-8000-0000000000c1', reason: 'time' },
}

interface FakeTransaction {
  run(job: Job): Promise<Done>
  runAlone(job: Job): Promise<Done>
}

/** The storage of one org in memory: every command stores one event of the type its input names. */
export class FakeOrgStore implements LaneStore<Job, Done> {
  head: Head = { epoch: 0, sequence: 0, batch: 0, log: 'testlog1' }
  exists = true
  readonly events: LogEvent[] = []
  readonly jobs: Job[] = []
  readonly batches: number[] = []
  readonly released: number[] = []
  gate: Promise<void> = Promise.resolve()

  async take(org_id: string): Promise<Head> {
    if (!this.exists) throw new Gone(`Org ${org_id} is gone`)
    this.head = { ...this.head, epoch: this.head.epoch + 1 }
    return this.head
  }

  /** Every command needs a transaction here; batches in memory have the lane's own suite. */
  open(): OpenBatch<Job, Done> {
    const refuse = () => {
      throw new Error('unreachable: a batch that accepts nothing')
    }
    return { accepts: () => false, run: refuse, close: refuse }
  }

  async write(
    _org_id: string,
    head: Head,
    _jobs: readonly Job[],
    work: (tx: FakeTransaction) => Promise<void>,
  ): Promise<Head> {
    await this.gate
    if (!this.exists) throw new Gone('gone')
    if (head.epoch !== this.head.epoch) throw new Fenced('fenced')
    const stored: LogEvent[] = []
    const run = async (job: Job): Promise<Done> => {
      this.jobs.push(job)
      const input = job.input as FakeInput
      if (input.refuse !== undefined) throw new ApiError('FORBIDDEN', input.refuse)
      const sequence = head.sequence + stored.length + 1
      const event: LogEvent = {
        ...(input.event ?? SMALL),
        sequence,
        timestamp: '2026-01-01T00:00:00.000Z',
        actor: { id: job.principal.id, type: job.principal.kind, display_name: job.principal.display_name },
        project_ids: [],
        task_id: null,
        channel_id: null,
        subject_ids: [],
      }
      stored.push(event)
      return {
        reply: { result: input.result ?? sequence, replayed: false },
        events: [event],
        notifications: [],
      }
    }
    await work({ run, runAlone: run })
    this.events.push(...stored)
    this.batches.push(stored.length)
    this.head = { ...head, sequence: head.sequence + stored.length, batch: head.batch + 1 }
    return this.head
  }

  release(_org_id: string, epoch: number): void {
    this.released.push(epoch)
  }
}
