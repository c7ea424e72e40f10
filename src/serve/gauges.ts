import type { Node } from '../node.ts'

/** Gauges of a node that are read when metrics are asked for. */
export function registerGauges({ metrics, core, database, opened }: Node): void {
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
}
