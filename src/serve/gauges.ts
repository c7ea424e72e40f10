import { isJobKind } from '../contracts/jobs.ts'
import type { Node } from '../node.ts'

/** Gauges of a node that are read when metrics are asked for. */
export function registerGauges({ metrics, core, database, background_database, opened, bus }: Node): void {
  metrics.gauge('mc_actors_active', 'Actors in memory.', () => core.host.counts().active)
  metrics.gauge('mc_mailbox_depth', 'Messages in mailboxes.', () => core.host.counts().mailbox_depth)
  metrics.gauge('mc_edge_connections', 'Open streams and sockets.', () => ({
    sse: core.edges.counts().sse,
    websocket: core.edges.counts().websocket,
  }))
  metrics.gauge('mc_database_connections', 'Connections to PostgreSQL.', () => database.load)
  metrics.gauge(
    'mc_partition_default_rows',
    'Months with rows in a default partition: should be 0.',
    () => opened.partitions.rows_in_default,
  )
  if (bus)
    metrics.gauge('mc_bus_up', '1 while Redis joins this node with the others.', () => (bus.up ? 1 : 0))
  const jobs = shared(() => background_database.jobCounts())
  const count = (state: 'waiting' | 'running' | 'failed') => async () => {
    const kinds = await jobs()
    // Kinds of other versions of the server have no labels of their own.
    return (
      kinds &&
      Object.fromEntries(kinds.filter(({ kind }) => isJobKind(kind)).map((row) => [row.kind, row[state]]))
    )
  }
  metrics.gauge(
    'mc_jobs_waiting',
    'Background jobs of the cluster that wait, also for a retry.',
    count('waiting'),
  )
  metrics.gauge('mc_jobs_running', 'Background jobs of the cluster under way.', count('running'))
  metrics.gauge(
    'mc_jobs_failed',
    'Background jobs of the cluster whose last attempt failed.',
    count('failed'),
  )
}

/** Several gauges of one reading share its query; undefined when it fails. */
function shared<T>(read: () => Promise<T>): () => Promise<T | undefined> {
  let reading: Promise<T | undefined> | undefined
  return () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined
      })
    return reading
  }
}
