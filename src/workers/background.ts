/** Orgs whose time has come are removed within a minute. */
const DELETION_MS = 60_000
const ARCHIVAL_MS = 60 * 60_000

interface Jobs {
  deletion(): Promise<unknown>
  archival(): Promise<unknown>
  failed(stage: string, error: unknown): void
}

/**
 * What a node does now and then by itself. Each job is harmless when several nodes run it at once: the database decides
 * who removes a row. A job that is still running is not started a second time.
 */
export function startBackground(jobs: Jobs): { stop(): void } {
  const every = (ms: number, stage: string, job: () => Promise<unknown>) => {
    let running = false
    const run = async () => {
      if (running) return
      running = true
      try {
        await job()
      } catch (error) {
        jobs.failed(stage, error)
      } finally {
        running = false
      }
    }
    void run()
    return setInterval(run, ms)
  }
  const timers = [
    every(DELETION_MS, 'delete organizations', jobs.deletion),
    every(ARCHIVAL_MS, 'archive tasks', jobs.archival),
  ]
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
