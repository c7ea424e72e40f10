import { ApiError } from '../../src/contracts/errors.ts'
import type { EventContent } from '../../src/contracts/event-payloads.ts'
import type { LogEvent } from '../../src/contracts/log-event.ts'
import type { Done, Job } from '../../src/domain/job.ts'
import { FakeStore } from './fake-lane-store.ts'

/** Effect of a test command. */
export interface FakeOutcome {
  event?: EventContent
  refuse?: string
  /** Result for the caller. */
  result?: unknown
}

/** The event of a command that names none: it changes no rights. */
const SMALL: EventContent = {
  type: 'channel.loop_resumed',
  payload: { channel_id: '00000000-0000-7000-8000-0000000000c1', reason: 'time' },
}

/** The storage of one org in memory: every command stores one event, whatever its input. */
export class FakeOrgStore extends FakeStore<Job, Done> {
  /** Commands that were run, stored or not. */
  readonly jobs: Job[]
  /** By `command_id`. */
  readonly outcomes: Map<string, FakeOutcome>

  constructor() {
    const jobs: Job[] = []
    const outcomes = new Map<string, FakeOutcome>()
    super({
      nameOf: ({ command }) => command,
      needsSql: () => true,
      refusedBySql: () => false,
      run(job, sequence) {
        jobs.push(job)
        const { refuse, result = sequence, event = SMALL } = outcomes.get(job.command_id) ?? {}
        if (refuse !== undefined) throw new ApiError('FORBIDDEN', refuse)
        return {
          reply: { result, replayed: false },
          events: [eventOf(job, event, sequence)],
          notifications: [],
        }
      },
    })
    this.jobs = jobs
    this.outcomes = outcomes
  }

  get events(): LogEvent[] {
    return this.rows.flatMap(({ done }) => done.events)
  }
}

function eventOf({ principal }: Job, event: EventContent, sequence: number): LogEvent {
  return {
    ...event,
    sequence,
    timestamp: '2026-01-01T00:00:00.000Z',
    actor: { id: principal.id, type: principal.kind, display_name: principal.display_name },
    project_ids: [],
    task_id: null,
    channel_id: null,
    subject_ids: [],
  }
}
