import { Bridge } from './bridge.ts'
import { systemClock } from './clock.ts'
import { compatibility } from './compatibility.ts'
import type { AgentConfig, Config, Credentials } from './config/config.ts'
import { openCredentials } from './config/credentials/open.ts'
import { patiently } from './delivery/patiently.ts'
import { GatewayClient } from './gateway/client.ts'
import { Device } from './gateway/device.ts'
import type { GatewayAuth } from './gateway/handshake.ts'
import type { Link } from './gateway/port.ts'
import { GATEWAY_CALLS, type Metrics, SERVER_CALLS } from './health/metrics.ts'
import { serveHealth } from './health/server.ts'
import { timed } from './health/timed.ts'
import { Keys } from './keys.ts'
import { Scrubber } from './log/scrub.ts'
import type { Secrets } from './log/secrets.ts'
import type { Log } from './log.ts'
import { ownsKey } from './relay/session-keys.ts'
import { AgentClient } from './server/agent-client.ts'
import type { AgentServer } from './server/port.ts'
import { ServerWatch } from './server-watch.ts'
import { listenForSignals } from './signals.ts'
import { openState } from './state/open.ts'
import { testHooks } from './test-hooks.ts'
import { watchUpdates } from './update-watch.ts'
import { BRIDGE_VERSION } from './version.ts'

/** The bridge cannot work with this server or this gateway: a person has to update one of them. */
export class Incompatible extends Error {
  override name = 'Incompatible'
}

export interface RunMeans {
  env: Readonly<Record<string, string | undefined>>
  log: Log
  /** Gets each credential that is read, so that the log can leave it out. */
  secrets: Secrets
}

/**
 * Runs the bridge until SIGTERM or SIGINT. Resolves when all has ended. Rejects with `StateLocked`, `HealthAddressRefused`,
 * `Incompatible`, and with what is wrong with credentials or the device file.
 */
export async function run(config: Config, { env, log, secrets }: RunMeans): Promise<void> {
  const { crash, times, limits, state_limits } = testHooks(env)
  const ending = new AbortController()
  const leave = listenForSignals(ending, log)
  const state = openState(config.state.db_path, { limits: state_limits })
  if (state.moved_aside !== null)
    log.error(
      'The state file was damaged and moved aside; a new one begins. Answers that are posted already are not posted twice.',
      { moved_to_path: state.moved_aside },
    )
  try {
    const credentials = openCredentials(config.credentials, { env, report: (problem) => log.error(problem) })
    const keys = new Keys(credentials, secrets)
    const in_use = new Map<string, string>()
    for (const agent of config.agents) in_use.set(agent.name, await keys.of(agent))
    const server_watch = new ServerWatch(systemClock)
    const client = new GatewayClient({
      url: config.gateway.url,
      auth: await authOf(config, credentials, secrets),
      owns: (key) => config.agents.some((agent) => ownsKey(agent, key)),
      version: BRIDGE_VERSION,
      report: log.failed,
    })
    const clients: AgentClient[] = []
    let observe: Metrics | undefined
    const gateway = timed(client, GATEWAY_CALLS, (call, ms) => observe?.gatewayLatency(call, ms))
    const common = { state, gateway, clock: systemClock, random: Math.random, limits, times, crash, log }
    const bridge = new Bridge(
      config.agents,
      {
        ...common,
        server_watch,
        version: BRIDGE_VERSION,
        serverOfSubAgent: (host, api_key) => {
          secrets.add(api_key)
          return serverOf(config, host, api_key, server_watch)
        },
      },
      (agent, metrics) => {
        const server = serverOf(config, agent, in_use.get(agent.name) ?? '', server_watch)
        clients.push(server)
        return timed(server, SERVER_CALLS, (call, ms) => metrics.serverLatency(call, ms))
      },
    )
    observe = bridge.metrics
    const health = serveHealth({
      ...config.health,
      facts: () => bridge.facts,
      metrics: bridge.metrics,
      scrubber: new Scrubber(secrets),
    })
    const use = ({ name }: AgentConfig, key: string) =>
      bridge.agents.find((agent) => agent.config.name === name)?.useKey(key)
    keys.follow(config.agents, use, log, ending.signal)
    const refusal = refusalOf(client)
    let running: Promise<void> | undefined
    try {
      log.info('The bridge runs.', { version: BRIDGE_VERSION, health_url: health.url })
      const fits = checkServer(clients[0], server_watch, log, ending.signal)
      running = bridge.run(ending.signal)
      void watchUpdates(
        { updates: config.updates, tellers: tellersOf(config, clients), clock: systemClock, log },
        ending.signal,
      )
      await Promise.race([running, refusal.promise, fits.then(() => running)])
    } finally {
      ending.abort()
      refusal.end()
      await running
      await client.close()
      for (const one of clients) one.close()
      await health.close()
    }
  } finally {
    ending.abort()
    state.close()
    leave()
  }
  log.info('The bridge has ended.')
}

/** The first agent of each org. */
function tellersOf({ agents }: Config, clients: readonly AgentClient[]) {
  return agents.flatMap(({ org_slug }, i) => {
    const server = clients[i]
    const first = agents.findIndex((agent) => agent.org_slug === org_slug) === i
    return first && server ? [{ org_slug, server }] : []
  })
}

function serverOf(
  { mission_control }: Config,
  { org_slug }: AgentConfig,
  api_key: string,
  server_watch: ServerWatch,
): AgentClient {
  return new AgentClient({
    url: mission_control.url,
    verify_tls: mission_control.verify_tls,
    request_timeout_ms: mission_control.request_timeout_seconds * 1000,
    org_slug,
    api_key,
    user_agent: `mc-bridge/${BRIDGE_VERSION}`,
    observe: ({ status }) => server_watch.called(status),
  })
}

async function authOf({ gateway }: Config, credentials: Credentials, secrets: Secrets): Promise<GatewayAuth> {
  if (gateway.token_env !== null) {
    const token = await credentials.get(gateway.token_env)
    secrets.add(token)
    return { kind: 'token', token }
  }
  return { kind: 'device', device: Device.load(gateway.device_path), shared_token: null }
}

/** Rejects when the server's version does not fit. A server that is away is asked again until it answers. */
async function checkServer(
  server: AgentServer | undefined,
  watch: ServerWatch,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  if (!server) return
  const asked = patiently({ clock: systemClock, random: Math.random }, signal, () => server.version())
  const version = await asked.catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  if (!version) return
  watch.known(version.version)
  const verdict = compatibility(version)
  if (verdict.verdict === 'refuse') throw new Incompatible(verdict.message)
  if (verdict.verdict === 'warn') log.warn(verdict.message)
}

/** Rejects when the gateway's version or protocol does not fit before it was ever connected. */
function refusalOf(gateway: GatewayClient): { promise: Promise<never>; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  // Nobody may wait for it any more when it comes.
  promise.catch(() => undefined)
  let end: () => void = () => undefined
  const look = (link: Link) => {
    if (link.status === 'connected') end()
    if (link.status === 'refused' && (link.reason === 'protocol' || link.reason === 'version'))
      reject(new Incompatible(link.message))
  }
  end = gateway.onLink(look)
  look(gateway.link)
  return { promise, end }
}
