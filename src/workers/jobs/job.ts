import type { JobKind, JobPayload } from '../../contracts/jobs.ts'

/** One attempt of a job, for its handler. */
export interface Run {
  /** Aborted when the server stops, and at the job's time limit: the handler ends soon, and the attempt is repeated. */
  signal: AbortSignal
  /** 1 at the first. */
  attempt: number
  max_attempts: number
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  }
}

/**
 * How a kind of job is done. At least once: an attempt may be repeated after it was done, so a repetition has no further
 * effect. A throw is a failed attempt, repeated with exponential back-off (seconds, then up to six hours); the last one
 * leaves the job to the administrators.
 */
export interface JobRule<K extends JobKind, Ports> {
  run(payload: JobPayload<K>, context: Run & Ports): Promise<void>
  /** An attempt that takes longer has failed. */
  time_limit_ms?: number
}

/** A failure in words for the administrators of the org. Any other error is told to the server's log only. */
export class JobFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'JobFailure'
  }
}
