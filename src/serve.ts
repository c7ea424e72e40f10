import { join } from 'node:path'
import { systemClock } from './actors/runtime/clock.ts'
import { SessionTokens } from './auth/session-tokens.ts'
import { Sessions } from './auth/sessions.ts'
import { ThrottledRecords } from './auth/throttled-records.ts'
import { newId } from './contracts/ids.ts'
import { SERVER_VERSION } from './contracts/version.ts'
import { OrgIds } from './db/org-ids.ts'
import { Accounts } from './db/queries/accounts.ts'
import { PostgresSessionStore } from './db/session-store.ts'
import { createApp, type HttpServer } from './http/app.ts'
import { loadAssets } from './http/assets.ts'
import { clientIp, isForwarded, isLoopback, TrustedProxies } from './http/client-ip.ts'
import { hasLocalHost } from './http/host.ts'
import { internalError } from './http/reply.ts'
import { type Node, openNode } from './node.ts'
import { createCounts } from './serve/counts.ts'
import { endDeadPeers } from './serve/dead-peers.ts'
import { createDeps, type Listener } from './serve/deps.ts'
import { followNotices } from './serve/follow-notices.ts'
import { registerGauges } from './serve/gauges.ts'
import { createIdentify } from './serve/identify.ts'
import { createJobs } from './serve/jobs.ts'
import { createShutdown, END_SIGNALS } from './serve/shutdown.ts'
import { startAlarms } from './workers/alarms.ts'
import { LastUse, type Used } from './workers/last-use.ts'

/** Bun's own bound on a body, far beyond ours: `readJson` refuses first, with an answer; Bun cuts the connection. */
const REQUEST_BYTES_MAX = 2 ** 40
/** Idle time of a connection, also with the rest of a refused body. Beyond the 30 s of a slow body: the runtime may be 4 s early. */
const IDLE_S = 36

/** A peer that acknowledges nothing is dead; two heartbeats of a stream are sent in between. */
const DEAD_PEER_MS = 45_000

/** Starts a server and keeps it until a signal ends it. Throws one sentence when it cannot start. */
export async function serve(
  env: Record<string, string | undefined>,
  /** Leaves out the line with the set-up link. */
  { quiet_setup = false } = {},
): Promise<Node> {
  let server: HttpServer = null
  const node = await openNode(env, (topic, text) => server?.publish(topic, text))
  const { config, log, opened, database, key_store, core, bus, notices } = node
  const failed = (stage: string, error: unknown) => log.failed(stage, error)

  const accounts = new Accounts(database)
  const org_ids = new OrgIds(accounts)
  const sessions = new Sessions(
    new PostgresSessionStore(database),
    new SessionTokens(node.secrets, Date.now),
    Date.now,
    newId,
    () => bus?.up ?? true,
  )
  sessions.onEnded({
    session(session_id) {
      const revocation = { reason: 'session', session_id } as const
      core.edges.revoke(revocation)
      notices?.tell({ type: 'revoked', revocation })
    },
    some: () => notices?.tell({ type: 'sessions_ended' }),
  })
  const lastUse = (of: string, write: (used: Used[]) => Promise<void>) =>
    new LastUse(write, (error) => failed(`write the last use of ${of}`, error), Date.now)
  const members_used = lastUse('members', (used) => node.background_database.touchMembers(used))
  const keys_used = lastUse('keys', (used) => node.background_database.touchKeys(used))
  const counts = createCounts(node)
  const records = new ThrottledRecords(
    after,
    (error) => failed('record a repeated failure', error),
    counts.isFirst,
  )
  const proxies = new TrustedProxies(config.trusted_proxies)
  let told_of_proxy = false
  const unknownProxy = (proxy: string) => {
    node.metrics.forwardedByUnknown()
    if (told_of_proxy) return
    told_of_proxy = true
    node.log.warn(
      { proxy },
      'a proxy that MC_TRUSTED_PROXIES does not name: its visitors count as one address',
    )
  }
  const listener: Listener = {
    upgrade: (request, handlers, headers) =>
      server?.upgrade(request, { data: handlers as never, headers }) ?? false,
    keepOpen: (request) => server?.timeout(request, 0),
    clientIp(request) {
      const peer = server?.requestIP(request)?.address
      if (isForwarded(request) && !proxies.hasPeer(peer ?? '')) unknownProxy(peer ?? '')
      return clientIp(request, peer, proxies)
    },
  }
  const identify = createIdentify(node, {
    accounts,
    sessions,
    org_ids,
    members_used,
    keys_used,
    records,
    counts,
  })
  const deps = createDeps(node, { accounts, sessions, identify, records, counts, listener })
  registerGauges(node)

  const app = createApp(
    deps,
    {
      async checks() {
        const checks = await opened.check(database)
        if (bus) checks.redis = bus.up ? 'ok' : 'degraded: Redis cannot be reached'
        return checks
      },
      metrics: () => node.metrics.text(),
      metrics_token: config.metrics_token,
      // A request forwarded by a proxy on this machine does not come from this machine. Nor does that of a page whose
      // foreign host name was made to lead here (DNS rebinding).
      isLoopback: (request) =>
        !isForwarded(request) && hasLocalHost(request) && isLoopback(listener.clientIp(request)),
    },
    await loadAssets(join(import.meta.dir, '..', 'ui', 'dist'), config.base_path),
  )
  // Asked before it listens: a database that is away ends a start, never a node that serves already.
  const sets_up = !quiet_setup && (await accounts.none())
  try {
    app.listen({
      hostname: config.host,
      port: config.port,
      reusePort: false,
      development: false,
      idleTimeout: IDLE_S,
      maxRequestBodySize: REQUEST_BYTES_MAX,
      // Outside of every route: the runtime would print the error and answer without headers.
      error: (error) => {
        failed('answer a request', error)
        return deps.replier.refusal(internalError(), newId())
      },
    })
  } catch (error) {
    await node.close()
    throw error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      ? new Error(`Port ${config.port} is in use. Stop what listens there, or set MC_PORT.`)
      : error
  }
  server = app.server
  try {
    endDeadPeers(server?.port ?? config.port, DEAD_PEER_MS)
  } catch (error) {
    failed('bound how long a dead peer is kept', error)
  }

  const forgetHere = async (org_id: string) => {
    org_ids.forget(org_id)
    key_store.forgetOrg(org_id)
    core.edges.forget(org_id)
    await core.host.stopOrg(org_id)
  }
  const forgetOrg = async (org_id: string) => {
    notices?.tell({ type: 'org_forgotten', org_id })
    await forgetHere(org_id)
  }
  if (notices) followNotices(notices, { sessions, edges: core.edges, forgetOrg: forgetHere, failed })
  members_used.start()
  keys_used.start()
  const alarms = startAlarms({
    clock: systemClock,
    database: node.background_database,
    command: core.systemCommand,
    failed,
  })
  const jobs = createJobs(node, forgetOrg)
  jobs?.start()

  const shutdown = createShutdown({
    log,
    server: () => server,
    in_flight: deps.in_flight,
    edges: core.edges,
    host: core.host,
    stopWorkers: async () => {
      members_used.stop()
      keys_used.stop()
      await Promise.all([alarms.stop(), deps.takeover.stop(), jobs?.stop(config.drain_ms / 2)])
    },
    close: () => node.close(),
    drain_ms: config.drain_ms,
    now: () => performance.now(),
    exit: (code) => process.exit(code),
  })
  for (const signal of END_SIGNALS) process.on(signal, () => void shutdown(signal))
  // The driver may throw from a timer after a connection died (see db/client.ts); its calls have deadlines of their own.
  process.on('uncaughtException', (error) => failed('uncaught', error))
  process.on('unhandledRejection', (error) => failed('unhandled rejection', error))

  // Nothing is awaited between the listening socket and the handlers: a signal never meets an open socket without a drain.
  console.log(`Mission Control ${SERVER_VERSION} listens on ${config.public_url}`)
  if (sets_up) console.log(`Set it up (works once): ${config.public_url}/setup?token=${deps.setup_token}`)
  return node
}

function after(delay_ms: number, fire: () => void): () => void {
  const timer = setTimeout(fire, delay_ms)
  return () => clearTimeout(timer)
}
