import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadSecrets, type Secrets } from './auth/secrets.ts'
import { NodeNotices } from './cluster/notices.ts'
import { RedisBus } from './cluster/redis-bus.ts'
import { redisOptions } from './cluster/redis-url.ts'
import { FrameRelay, type Relayed } from './cluster/relay.ts'
import { loadConfig } from './config.ts'
import { newId } from './contracts/ids.ts'
import type { PublishedBatch } from './contracts/log-event.ts'
import { createCore } from './core.ts'
import { BackgroundDatabase } from './db/background.ts'
import { Database } from './db/client.ts'
import { PostgresKeyStore } from './db/key-store.ts'
import { type OpenedDatabase, openDatabase } from './db/open.ts'
import { SnapshotDatabase } from './db/transfer/snapshot.ts'
import type { FileStorage } from './files/storage.ts'
import { Metrics } from './http/metrics.ts'
import { createLog, type LogLevel } from './log.ts'
import { exportStorage } from './serve/exports.ts'

/** Connections reserved for lanes, so that reads never delay a write. */
const LANE_CONNECTIONS = 8

/** Events after which a cached row of a key may be stale. */
const KEY_EVENTS = /^(api_key|user|sub_agent|org)\./

/** Database, secrets and actors of one process, without HTTP: enough to run commands. */
export interface Node {
  config: ReturnType<typeof loadConfig>['config']
  log: ReturnType<typeof createLog>
  data_dir: string
  opened: OpenedDatabase
  database: Database
  background_database: BackgroundDatabase
  /** Reads whole orgs for exports. */
  snapshots: SnapshotDatabase
  export_storage: FileStorage
  secrets: Secrets
  metrics: Metrics
  key_store: PostgresKeyStore
  core: ReturnType<typeof createCore>
  /** Joins several nodes; undefined on a single one. */
  bus: RedisBus | undefined
  /** Tells other nodes what they may have in caches; undefined on a single one. */
  notices: NodeNotices | undefined
  /** After the actors have stopped: ends every connection and, when it is embedded, the database. */
  close(): Promise<void>
}

/**
 * Opens the database and creates the core. `publish` sends a text frame to the subscribers of a topic. Throws one sentence
 * when the node cannot start.
 */
export async function openNode(
  env: Record<string, string | undefined>,
  publish: (topic: string, text: string) => void = () => undefined,
): Promise<Node> {
  const { config, warnings } = loadConfig(env)
  const log = createLog({ level: config.log_level as LogLevel })
  for (const warning of warnings) log.warn({}, warning)
  const data_dir = resolve(config.data_dir)
  mkdirSync(data_dir, { recursive: true })
  const opened = await openDatabase(config, data_dir, log)

  const limits = { prepare: config.database_prepare, statement_timeout_ms: config.statement_timeout_ms }
  const database = new Database({ connection: opened.app, connections_max: config.database_pool, ...limits })
  const lanes = new Database({
    connection: opened.app,
    connections_max: LANE_CONNECTIONS,
    ...limits,
    // Tells an operator which node holds the lock of an org.
    application_name: `mission-control lane ${config.node_id}`,
  })
  const background_database = new BackgroundDatabase(opened.app, config.database_prepare)
  const snapshots = new SnapshotDatabase(opened.app, config.database_prepare)
  const secrets = secretsOf(config, data_dir)
  const metrics = new Metrics()
  const bus = await openBus(config, log)
  const key_store = new PostgresKeyStore(database, () => bus?.up ?? true)
  const links = {
    // Of this process: what a former one of the same name sent is not its own.
    node: newId(),
    count: (outcome: Relayed, kind: string) => metrics.relayed(outcome, kind),
  }
  const relay = bus && new FrameRelay(bus, links)
  const core = createCore(
    database,
    lanes,
    metrics,
    log,
    {
      node_id: config.node_id,
      lease_ms: config.lease_ms,
      heartbeat_seconds: config.heartbeat_seconds,
      lane_queue_max: config.lane_queue_max,
      mailbox_max: config.mailbox_max,
      ring_events_max: config.replay_ring,
      actor_idle_ms: config.actor_idle_ms,
      mail: config.smtp_url === undefined ? null : { delay_ms: config.email_delay_seconds * 1_000 },
    },
    publish,
    ({ org_id, events }: PublishedBatch) => {
      if (events.some(({ type }) => KEY_EVENTS.test(type))) key_store.forgetOrg(org_id)
    },
    bus,
    relay,
  )
  await core.ownership.open()
  return {
    config,
    log,
    data_dir,
    opened,
    database,
    background_database,
    snapshots,
    export_storage: exportStorage(config, data_dir),
    secrets,
    metrics,
    key_store,
    core,
    bus,
    notices: bus && new NodeNotices(bus, links),
    async close() {
      core.ownership.close()
      relay?.stop()
      await bus?.close()
      await Promise.all([database.close(), lanes.close(), background_database.close(), snapshots.close()])
      await opened.stop()
    },
  }
}

/** Undefined on a single node. A node starts without Redis when that is away. */
async function openBus(
  { redis_url, node_id }: Node['config'],
  log: Node['log'],
): Promise<RedisBus | undefined> {
  if (redis_url === undefined) return undefined
  const bus = new RedisBus({
    redis: redisOptions(redis_url),
    name: `mission-control-${node_id}`,
    failed: (stage, error) => log.failed(stage, error),
  })
  bus.onChange((up) => {
    if (up) log.info({}, 'joined with the other nodes by Redis')
  })
  await bus.open()
  return bus
}

/** The secrets in the settings, else those in the data folder. */
export function secretsOf(config: Node['config'], data_dir: string): Secrets {
  return loadSecrets({
    data_dir,
    ...(config.jwt_secret === undefined ? {} : { jwt_secret: config.jwt_secret }),
    ...(config.jwt_secret_previous === undefined ? {} : { previous_jwt_secret: config.jwt_secret_previous }),
    ...(config.key_pepper === undefined ? {} : { key_pepper: config.key_pepper }),
  })
}
