import { Value } from '@sinclair/typebox/value'
import { isJobKind, JOB_PAYLOADS, type JobKind } from '../../contracts/jobs.ts'
import type { Attempt, Task } from '../../db/queue/job-queue.ts'
import { JobFailure, type JobRule, type Run } from './job.ts'

/** The longest time of one attempt, unless its kind says otherwise. */
const TIME_LIMIT_MS = 10 * 60_000

/** The kinds of jobs as tasks of the queue. */
export function tasksOf<Ports extends object>(
  jobs: { readonly [K in JobKind]: JobRule<K, Ports> },
  ports: Ports,
  log: Run['log'],
): Readonly<Record<string, Task>> {
  return Object.fromEntries(
    Object.entries(jobs).map(([kind, rule]) => [
      kind,
      (payload: unknown, attempt: Attempt) =>
        runJob(kind, rule as JobRule<JobKind, Ports>, payload, attempt, ports, log),
    ]),
  )
}

/** The message of a throw is stored in the queue, where administrators of the org see it: it has no internals. */
async function runJob<Ports extends object>(
  kind: string,
  rule: JobRule<JobKind, Ports>,
  stored: unknown,
  { id, signal: stopping, attempt, max_attempts }: Attempt,
  ports: Ports,
  log: Run['log'],
): Promise<void> {
  const payload = payloadOf(kind, stored)
  const limit_ms = rule.time_limit_ms ?? TIME_LIMIT_MS
  const late = new AbortController()
  const signal = AbortSignal.any([stopping, late.signal])
  let timer: ReturnType<typeof setTimeout> | undefined
  const too_long = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const failure = new JobFailure(`It took longer than ${Math.round(limit_ms / 60_000)} minutes.`)
      late.abort(failure)
      reject(failure)
    }, limit_ms)
  })
  const work = rule.run(payload, { ...ports, signal, attempt, max_attempts, log })
  try {
    await Promise.race([work, too_long])
  } catch (error) {
    work.catch(() => undefined)
    if (stopping.aborted) throw error
    log.failed(`run the job ${kind} ${id}, attempt ${attempt} of ${max_attempts}`, error)
    throw error instanceof JobFailure
      ? error
      : new Error(`An internal error. The server's log has the details of job ${id}.`)
  } finally {
    clearTimeout(timer)
  }
}

/** The clock adds the time of the run, which handlers do not use. */
function payloadOf(kind: string, stored: unknown): never {
  const { _cron, ...payload } = stored as Record<string, unknown>
  if (!isJobKind(kind) || !Value.Check(JOB_PAYLOADS[kind], payload))
    throw new JobFailure('The job was made by another version of the server.')
  return payload as never
}
