import { type Clock, systemClock } from './clock.ts'
import { type AgentConfig, type Config, CredentialMissing, CredentialsUnavailable } from './config/config.ts'
import { openCredentials } from './config/credentials/open.ts'
import { GatewayClient } from './gateway/client.ts'
import { findGatewayAgent } from './proof/gateway-agent.ts'
import { gatewayAuth } from './proof/gateway-auth.ts'
import { knowAgent, whoText } from './proof/know-agent.ts'
import { linkGateway } from './proof/link-gateway.ts'
import { checkHealthAddress, checkState } from './proof/own-places.ts'
import { postAnswer, secondsText } from './proof/post-answer.ts'
import { reachServer } from './proof/reach-server.ts'
import { type Step, type StepName, skipped, stepOf, Trouble } from './proof/step.ts'
import { type TestAnswer, testPrefix, testTurn } from './proof/test-turn.ts'
import { AgentClient } from './server/agent-client.ts'
import { BRIDGE_VERSION } from './version.ts'

export interface RoundTripMeans {
  env: Readonly<Record<string, string | undefined>>
  /** Post the answer of each test turn into the channel for the whole organization. */
  post: boolean
  clock?: Clock
  limits?: RoundTripLimits
}

export interface RoundTripLimits {
  /** For each answer of the server, and until the gateway is connected. */
  answer_ms: number
  turn_ms: number
}

/** A server or gateway that needs longer is not fit to work with; a model may take its time. */
export const LIMITS: RoundTripLimits = { answer_ms: 20_000, turn_ms: 120_000 }

/**
 * Proves both ends of a bridge, one step after the other: yields each when it is known. A failed step skips those that
 * need it. Ends within the limits, whatever hangs.
 */
export async function* roundTrip(config: Config, means: RoundTripMeans): AsyncGenerator<Step, void> {
  const trip = new RoundTrip(config, means)
  try {
    yield* trip.credentials()
    yield* trip.server()
    yield* trip.gateway()
    yield* trip.ownPlaces()
    for (const agent of config.agents) {
      yield await trip.turn(agent)
      if (means.post) yield await trip.post(agent)
    }
  } finally {
    await trip.close()
  }
}

const of = (step: StepName) => ({ step, agent: null })

/** What the steps so far have opened and found, by the name of the agent. */
class RoundTrip {
  readonly #config: Config
  readonly #means: RoundTripMeans
  readonly #clock: Clock
  readonly #limits: RoundTripLimits
  readonly #keys = new Map<string, string>()
  readonly #clients = new Map<string, AgentClient>()
  readonly #answers = new Map<string, TestAnswer>()
  /** Agents of which the gateway has the one that they name. */
  readonly #served = new Set<string>()
  #gateway: GatewayClient | undefined

  constructor(config: Config, means: RoundTripMeans) {
    this.#config = config
    this.#means = means
    this.#clock = means.clock ?? systemClock
    this.#limits = means.limits ?? LIMITS
  }

  async *credentials(): AsyncGenerator<Step, void> {
    const { agents, credentials } = this.#config
    const place = openCredentials(credentials, { env: this.#means.env })
    for (const { name, api_key_env } of agents)
      yield await stepOf({ step: 'credentials', agent: name }, async () => {
        this.#keys.set(name, await unlessMissing(place.get(api_key_env)))
        return `${api_key_env} is there.`
      })
  }

  /** The server, and whose keys they are. */
  async *server(): AsyncGenerator<Step, void> {
    const { url, verify_tls, request_timeout_seconds } = this.#config.mission_control
    const timeout_ms = Math.min(request_timeout_seconds * 1000, this.#limits.answer_ms)
    const server = await stepOf(of('server'), () => reachServer({ url, verify_tls, timeout_ms }))
    yield server
    const members = new Map<string, string>()
    for (const agent of this.#config.agents) {
      const about = { step: 'key', agent: agent.name } as const
      const api_key = this.#keys.get(agent.name)
      if (server.state === 'fail') yield skipped(about, 'The server was not reached.')
      else if (api_key === undefined) yield skipped(about, 'There is no key.')
      else yield await stepOf(about, () => this.#key(agent, api_key, timeout_ms, members))
    }
  }

  /** The gateway, and whether it has the agents. */
  async *gateway(): AsyncGenerator<Step, void> {
    let names: string[] | undefined
    yield await stepOf(of('gateway'), async () => {
      const { gateway, said } = await this.#link()
      names = await gateway.agents()
      return said
    })
    for (const { name, gateway_agent } of this.#config.agents) {
      const about = { step: 'gateway agent', agent: name } as const
      const known = names
      if (known === undefined) yield skipped(about, 'The gateway is not connected.')
      else
        yield await stepOf(about, () => {
          const found = findGatewayAgent(known, gateway_agent)
          this.#served.add(name)
          return found
        })
    }
  }

  /** State file and port of this bridge. A running bridge has both in use, as it should. */
  async *ownPlaces(): AsyncGenerator<Step, void> {
    let running = false
    yield await stepOf(of('state'), () => {
      const state = checkState(this.#config.state.db_path)
      running = state.running
      return state.found
    })
    yield await stepOf(of('health'), () => checkHealthAddress(this.#config.health, running))
  }

  async turn(agent: AgentConfig): Promise<Step> {
    const about = { step: 'turn', agent: agent.name } as const
    const gateway = this.#gateway
    if (!gateway || !this.#served.has(agent.name)) return skipped(about, 'There is nobody to ask.')
    return await stepOf(about, async () => {
      const limits = { clock: this.#clock, timeout_ms: this.#limits.turn_ms }
      const answer = await testTurn(gateway, agent, limits)
      this.#answers.set(agent.name, answer)
      return `${agent.gateway_agent} answered after ${secondsText(answer.took_ms)}.`
    })
  }

  async post({ name, gateway_agent }: AgentConfig): Promise<Step> {
    const about = { step: 'post', agent: name } as const
    const answer = this.#answers.get(name)
    const client = this.#clients.get(name)
    if (!answer) return skipped(about, 'There is no answer to post.')
    if (!client) return skipped(about, 'There is no key to post it with.')
    return await stepOf(about, async () => {
      const channel = await postAnswer(client, gateway_agent, answer)
      return `The answer is in #${channel}, marked as a test.`
    })
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close()
    await this.#gateway?.close()
  }

  async #key(
    { name, org_slug }: AgentConfig,
    api_key: string,
    request_timeout_ms: number,
    members: Map<string, string>,
  ): Promise<string> {
    const { url, verify_tls } = this.#config.mission_control
    const user_agent = `mc-bridge/${BRIDGE_VERSION}`
    const options = { url, verify_tls, org_slug, api_key, user_agent, request_timeout_ms, tries: 2 }
    const client = new AgentClient(options)
    this.#clients.set(name, client)
    const me = await knowAgent(client, { org_slug, api_key })
    const same = members.get(me.id)
    members.set(me.id, name)
    if (same === undefined) return `${name} is ${whoText(me, org_slug)}.`
    throw new Trouble(
      `${same} and ${name} act for the same agent, ${me.display_name}.`,
      'Give each a key of its own, or remove one of the two.',
    )
  }

  async #link(): Promise<{ gateway: GatewayClient; said: string }> {
    const { credentials, gateway: place, agents } = this.#config
    const { url } = place
    const auth = await gatewayAuth(this.#config, openCredentials(credentials, { env: this.#means.env }))
    const owns = (key: string) => agents.some((agent) => key.startsWith(testPrefix(agent)))
    const gateway = new GatewayClient({ url, auth, owns, version: BRIDGE_VERSION })
    this.#gateway = gateway
    const limits = { clock: this.#clock, timeout_ms: this.#limits.answer_ms }
    const { version, protocol } = await linkGateway(gateway, { url, ...limits })
    const how = auth.kind === 'token' ? 'by its shared token' : 'as a paired device'
    return { gateway, said: `OpenClaw ${version} at ${url}, protocol ${protocol}, ${how}.` }
  }
}

async function unlessMissing(value: Promise<string>): Promise<string> {
  try {
    return await value
  } catch (error) {
    if (error instanceof CredentialMissing || error instanceof CredentialsUnavailable)
      throw new Trouble(error.message, null, error)
    throw error
  }
}
