import { ApiError } from '../../src/contracts/errors.ts'
import type { EventContent } from '../../src/contracts/event-payloads.ts'
import type { LogEvent } from '../../src/contracts/log-event.ts'
import type { Done, Job } from '../../src/domain/job.ts'
import { FakeStore } from './fake-lane-store.ts'

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

/** The storage of one org in memory: every command stores one event, that of its input. */
export class FakeOrgStore extends FakeStore<Job, Done> {
  /** Commands that were run, stored or not. */
  readonly jobs: Job[]

  constructor() {
    const jobs: Job[] = []
    super({
      nameOf: ({ command }) => command,
      needsSql: () => true,
      refusedBySql: () => false,
      run(job, sequence) {
        jobs.push(job)
        const input = job.input as FakeInput
        if (input.refuse !== undefined) throw new ApiError('FORBIDDEN', input.refuse)
        return {
          reply: { result: input.result ?? sequence, replayed: false },
          events: [eventOf(job, input, sequence)],
          notifications: [],
        }
      },
    })
    this.jobs = jobs
  }

  get events(): LogEvent[] {
    return this.rows.flatMap(({ done }) => done.events)
  }
}

function eventOf({ principal }: Job, input: FakeInput, sequence: number): LogEvent {
  return {
    ...(input.event ?? SMALL),
    sequence,
    timestamp: '2026-01-01T00:00:00.000Z',
    actor: { id: principal.id, type: principal.kind, display_name: principal.display_name },
    project_ids: [],
    task_id: null,
    channel_id: null,
    subject_ids: [],
  }
}
