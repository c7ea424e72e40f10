import { createHash, createHmac } from 'node:crypto'
import { join } from 'node:path'
import { createPresence } from './activity.ts'
import { KeyVerifier } from './auth/api-keys.ts'
import { BackOff } from './auth/back-off.ts'
import { csrfToken } from './auth/csrf.ts'
import { TokenBuckets } from './auth/rate-limit.ts'
import { SessionTokens } from './auth/session-tokens.ts'
import { Sessions } from './auth/sessions.ts'
import type { SecurityRecord } from './commands/security-record.ts'
import { newId } from './contracts/ids.ts'
import { SERVER_VERSION } from './contracts/version.ts'
import { Accounts } from './db/queries/accounts.ts'
import { PostgresSessionStore } from './db/session-store.ts'
import { createApp } from './http/app.ts'
import { loadAssets } from './http/assets.ts'
import { clientIp, isForwarded, isLoopback } from './http/client-ip.ts'
import type { Deps } from './http/deps.ts'
import { Identify } from './http/identity.ts'
import { InFlight } from './http/in-flight.ts'
import { failedTooOften, Limits } from './http/limits.ts'
import { baseHeaders, Replier } from './http/reply.ts'
import { type Node, openNode } from './node.ts'
import { Repeats } from './repeats.ts'
import { archiveTasks } from './workers/archival.ts'
import { startBackground } from './workers/background.ts'
import { deleteDueOrgs } from './workers/org-deletion.ts'

/** The runtime's own bound on a body, far behind ours (see readJson). */
const REQUEST_BYTES_MAX = 2 ** 40

/** Streams that a stopping node closed come back spread over this time. */
const RECONNECT_SPREAD_MS = 5_000
/** For the last answers and close frames to leave before the connections are cut. */
const LAST_WORDS_MS = 50

/** Starts a server and keeps it until a signal ends it. Throws one sentence when it cannot start. */
export async function serve(
  env: Record<string, string | undefined>,
  /** Leaves out the line with the set-up link. */
  { quiet_setup = false } = {},
): Promise<Node> {
  let server: ReturnType<typeof createApp>['server'] = null
  const node = await openNode(env, (topic, text) => server?.publish(topic, text))
  const { config, log, opened, database, secrets, metrics, key_store, core } = node
  const csrf_secrets = secrets.jwt.map(({ secret }) => secret)
  const csrf_secret = csrf_secrets[0]!

  const accounts = new Accounts(database)
  const sessions = new Sessions(
    new PostgresSessionStore(database),
    new SessionTokens(secrets, Date.now),
    Date.now,
    newId,
  )
  sessions.onRevoked((session_id) => core.edges.revoke({ reason: 'session', session_id }))
  const keys = new KeyVerifier(key_store, secrets.pepper)
  const key_failures = new BackOff(Date.now, {
    free: 20,
    first_ms: 1_000,
    max_ms: 60_000,
    forget_ms: 10 * 60_000,
  })
  // What is free here is what the rate of sign-ins lets through at once; who goes on failing waits longer and longer.
  const sign_in_failures = new BackOff(Date.now, {
    free: 10,
    first_ms: 1_000,
    max_ms: 5 * 60_000,
    forget_ms: 30 * 60_000,
  })
  const repeats = new Repeats(
    (delay_ms, fire) => {
      const timer = setTimeout(fire, delay_ms)
      return () => clearTimeout(timer)
    },
    (error) => log.failed('record a repeated failure', error),
  )
  const presence = createPresence(accounts, (stage, error) => log.failed(stage, error))
  const org_ids = new Map<string, string>()

  const replier = new Replier(baseHeaders({ https: config.https }))
  const identify = new Identify({
    sessions,
    keys,
    csrf_secrets,
    secure: config.https,
    own_origins: config.own_origins,
    cors_origins: config.cors_origins,
    openEdge: (org_id) => core.edges.open(org_id),
    async orgId(slug) {
      const known = org_ids.get(slug)
      if (known !== undefined) return known
      const found = await accounts.orgId(slug)
      if (found !== undefined) org_ids.set(slug, found)
      return found
    },
    active: (org_id, user_id) => presence.active(org_id, user_id),
    keyUsed: (key) => key_store.used(key),
    keyFailure: (key, reason, from) => {
      const details = { user_id: key.user_id, key_id: key.key_id, reason, ...from }
      repeats.add(`key ${key.key_id} ${from.ip}`, (count) => {
        const record: SecurityRecord = {
          type: 'auth.api_key_failure',
          actor: { id: key.user_id, type: 'agent', display_name: key.display_name },
          payload: { ...details, count },
        }
        return core.systemCommand(key.org_id, 'security.record', record)
      })
    },
    keyFailures(ip, key_id) {
      const counted = [`i ${ip}`, ...(key_id === undefined ? [] : [`k ${key_id}`])]
      return {
        blocked_s: config.rate_limits ? Math.max(...counted.map((key) => key_failures.blocked(key))) : 0,
        add() {
          for (const key of counted) key_failures.failed(key)
        },
      }
    },
  })

  const ipOf = (request: Request) =>
    clientIp(request, server?.requestIP(request)?.address, config.trusted_proxies)
  const deps: Deps = {
    replier,
    identify,
    in_flight: new InFlight(),
    limits: new Limits(config.rate_limits ? new TokenBuckets(Date.now) : undefined),
    accounts,
    sessions,
    edges: core.edges,
    database,
    log,
    command: core.command,
    systemCommand: core.systemCommand,
    channel: (org_id, channel_id, request) => core.channel(org_id, channel_id, request),
    ephemeral: (frame) => core.edges.ephemeral(frame),
    sign_in_failures: {
      check(email, ip) {
        const blocked_s = config.rate_limits
          ? Math.max(
              sign_in_failures.blocked(`e ${email.toLowerCase()}`),
              sign_in_failures.blocked(`i ${ip}`),
            )
          : 0
        if (blocked_s > 0) throw failedTooOften('Too many failed attempts. Wait a little.', blocked_s)
      },
      add(email, ip) {
        sign_in_failures.failed(`e ${email.toLowerCase()}`)
        sign_in_failures.failed(`i ${ip}`)
      },
      succeeded: (email) => sign_in_failures.succeeded(`e ${email.toLowerCase()}`),
    },
    repeated: (key, write) => repeats.add(key, write),
    csrfToken: (session_id) => csrfToken(csrf_secret, session_id),
    key_pepper: secrets.pepper,
    hashToken: async (token) => createHash('sha256').update(token).digest('base64url'),
    upgrade: (request, handlers, headers) =>
      server?.upgrade(request, { data: handlers as never, headers }) ?? false,
    keepOpen: (request) => server?.timeout(request, 0),
    clientIp: ipOf,
    cors_origins: config.cors_origins,
    public_url: config.public_url,
    secure_cookies: config.https,
    single_tenant: config.single_tenant,
    version: SERVER_VERSION,
    // The same on every node and after a restart, and of no use once there is an account.
    setup_token: createHmac('sha256', csrf_secret).update('first set-up').digest('base64url'),
  }

  metrics.gauge('mc_actors_active', 'Actors in memory.', () => core.host.counts().active)
  metrics.gauge('mc_mailbox_depth', 'Messages that wait for actors.', () => core.host.counts().mailbox_depth)
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

  const assets = await loadAssets(join(import.meta.dir, '..', 'ui', 'dist'))
  const app = createApp(
    deps,
    {
      checks: () => opened.check(database),
      metrics: () => metrics.text(),
      metrics_token: config.metrics_token,
      // A proxy on this machine speaks for others: what it forwards does not come from here.
      isLoopback: (request) => !isForwarded(request) && isLoopback(ipOf(request)),
    },
    assets,
  )
  try {
    app.listen({
      hostname: config.host,
      port: config.port,
      reusePort: false,
      development: false,
      idleTimeout: 60,
      // We refuse ourselves, in our words and without keeping what comes; Bun would cut the connection without any.
      maxRequestBodySize: REQUEST_BYTES_MAX,
    })
  } catch (error) {
    await node.close()
    throw error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      ? new Error(`Port ${config.port} is in use. Stop what listens there, or set MC_PORT.`)
      : error
  }
  server = app.server

  console.log(`Mission Control ${SERVER_VERSION} listens on ${config.public_url}`)
  if (!quiet_setup && (await accounts.none()))
    console.log(`Set it up (works once): ${config.public_url}/setup?token=${deps.setup_token}`)

  const forgetOrg = async (org_id: string) => {
    for (const [slug, id] of org_ids) if (id === org_id) org_ids.delete(slug)
    key_store.forgetOrg(org_id)
    core.edges.forget(org_id)
    await core.host.stopOrg(org_id)
  }
  const background = startBackground({
    deletion: () => deleteDueOrgs(database, { forget: forgetOrg, log }),
    archival: () => archiveTasks(database, core.command, (stage, error) => log.failed(stage, error)),
    failed: (stage, error) => log.failed(stage, error),
  })

  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'draining')
    background.stop()
    const give_up = setTimeout(() => process.exit(0), config.drain_ms + 1_500)
    core.edges.startDraining()
    // Nobody new comes in; what is under way gets its answer, by whatever way it was asked. The runtime's promise is not
    // waited for: with an open stream it never settles.
    void server?.stop()
    const finished = deps.in_flight.idle().then(() => core.host.stopAll())
    await Promise.race([finished, Bun.sleep(config.drain_ms)])
    core.edges.closeAll(RECONNECT_SPREAD_MS)
    core.edges.stop()
    await Bun.sleep(LAST_WORDS_MS)
    await server?.stop(true)
    await node.close()
    clearTimeout(give_up)
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  // The driver may throw out of a timer after a connection died (see db/client.ts): its calls have deadlines of their own.
  process.on('uncaughtException', (error) => log.failed('uncaught', error))
  process.on('unhandledRejection', (error) => log.failed('unhandled rejection', error))
  return node
}
