import { join } from 'node:path'
import type { User } from '../../../../src/contracts/resources.ts'
import { amendedText } from '../../config/amend.ts'
import type { AgentConfig, WakeRule } from '../../config/config.ts'
import { openCredentials } from '../../config/credentials/open.ts'
import { DEFAULTS } from '../../config/defaults.ts'
import { type Surroundings, stateFolder } from '../../config/paths.ts'
import { parseConfig } from '../../config/read.ts'
import { configText } from '../../config/write.ts'
import { askGatewayAgent, askName, askWake, credentialFor } from './agent-part.ts'
import type { Dialog } from './dialog.ts'
import { type Existing, findExisting } from './existing.ts'
import { type PlannedFile, textOfFile, writeFiles } from './files.ts'
import { rememberPlace } from './first-place.ts'
import { askGateway, type GatewayPart } from './gateway-part.ts'
import { freeHealthPort } from './health-port.ts'
import { Herald } from './herald.ts'
import { nextText } from './next.ts'
import { localGateway } from './openclaw.ts'
import { isLines, withSecret } from './secrets.ts'
import { askServer, type ServerPart } from './server-part.ts'
import { sendTest } from './test-part.ts'

export interface SetUpOptions {
  config: string | undefined
  force: boolean
}

type Agent = AgentAnswers & Pick<AgentConfig, 'api_key_env' | 'org_slug'>
type AgentAnswers = { name: string; gateway_agent: string; wake: WakeRule }

const WAKE_WORDS: Readonly<Record<WakeRule, string>> = {
  mention: 'wakes on mention',
  project: 'wakes on messages in its projects',
  all: 'wakes on every message of people',
}
const SECRETS_NAME = 'keys.env'
const INTRODUCTION = `This connects an agent of an OpenClaw Gateway with Mission Control.
Enter takes what stands in brackets. Ctrl-C stops; the files are written near the end.
`

/** One run of `mc-bridge init`, from the first question to the test message. */
export class SetUp {
  readonly #dialog: Dialog
  readonly #options: SetUpOptions
  readonly #around: Surroundings
  #herald: Herald | undefined
  #gateway: GatewayPart | undefined
  #written = false
  #running = false

  constructor(dialog: Dialog, options: SetUpOptions, around: Surroundings) {
    this.#dialog = dialog
    this.#options = options
    this.#around = around
  }

  /** Whether the files are what was answered. */
  get written(): boolean {
    return this.#written
  }

  /** Throws `Trouble`, `NoAnswer`, `FileKept`, `Stopped`, and what the device's file throws. */
  async run(): Promise<void> {
    const dialog = this.#dialog
    if (dialog.goes_on) dialog.say(INTRODUCTION.trimEnd())
    const existing = await findExisting(dialog, this.#options, this.#around)
    const server = await this.#server(existing)
    const gateway = await this.#findGateway(existing)
    const agent = await this.#agent(existing, server, gateway)
    const leftover = await this.#write(existing, server, gateway, agent)
    this.#report(agent.wake, 'The test message is under way.')
    await sendTest(dialog, gateway, server.client, agent)
    this.#report(agent.wake, null)
    dialog.title('Next')
    dialog.say(nextText(existing.path, { leftover, running: this.#running, around: this.#around }))
  }

  /** Resolves when the connections are closed. */
  async close(): Promise<void> {
    await this.#herald?.close()
    await this.#gateway?.client.close()
  }

  async #server(existing: Existing): Promise<ServerPart> {
    const { env } = this.#around
    const given = {
      url: env.MC_URL || undefined,
      org_slug: env.MC_ORG || undefined,
      api_key: env.MC_API_KEY || undefined,
    }
    const server = await askServer(this.#dialog, { given, known: existing.known })
    this.#herald = new Herald(server.client, server.me)
    this.#report(existing.config?.agents[0]?.wake ?? 'mention', 'mc-bridge init looks for the gateway.')
    return server
  }

  async #findGateway({ config }: Existing): Promise<GatewayPart> {
    const url = config?.gateway.url
    // The default may be one that nobody chose: what OpenClaw itself says goes first then.
    const known_url = url === DEFAULTS.gateway_url ? undefined : url
    const gateway = await askGateway(this.#dialog, {
      known_url: this.#around.env.OPENCLAW_GATEWAY_URL || known_url,
      given_token: this.#around.env.OPENCLAW_GATEWAY_TOKEN || undefined,
      local: localGateway(this.#around),
      device_path: config?.gateway.device_path ?? join(stateFolder(this.#around), 'device.json'),
    })
    this.#gateway = gateway
    this.#report('mention', 'mc-bridge init asks how the agent works.')
    return gateway
  }

  async #agent({ config }: Existing, server: ServerPart, { names }: GatewayPart): Promise<Agent> {
    const dialog = this.#dialog
    const { org_slug, api_key, me } = server
    dialog.title('Agent')
    const name = await askName(dialog, await this.#proposedName(config, server, me, api_key))
    const before = config?.agents.find((agent) => agent.name === name)
    const gateway_agent = await askGatewayAgent(dialog, names, { name, org_slug }, config)
    const wake = await askWake(dialog, before)
    dialog.ok(`${name} works as the gateway's agent ${gateway_agent}, and ${WAKE_WORDS[wake]}.`)
    const api_key_env = before?.api_key_env ?? credentialFor(name)
    return { name, api_key_env, org_slug, gateway_agent, wake }
  }

  /** The agent of the configuration that has this key; its username for a new one. */
  async #proposedName(config: Existing['config'], { org_slug }: ServerPart, me: User, api_key: string) {
    if (config) {
      const credentials = openCredentials(config.credentials, { env: this.#around.env })
      for (const agent of config.agents) {
        // A credential that is not there is none that has this key.
        const key = await credentials.get(agent.api_key_env).catch(() => undefined)
        if (key === api_key && agent.org_slug === org_slug) return agent.name
      }
    }
    return me.username
  }

  /** Resolves with what the person has to do with the key, where this is not the place to write it. */
  async #write(
    existing: Existing,
    server: ServerPart,
    gateway: GatewayPart,
    agent: Agent,
  ): Promise<string | null> {
    const { config, text, path } = existing
    const place = { server_url: server.url, verify_tls: server.verify_tls, gateway_url: gateway.url }
    const wanted =
      config && text !== undefined
        ? amendedText(text, { ...place, agent })
        : configText({
            ...place,
            token_env: null,
            agents: [agent],
            secrets_path: SECRETS_NAME,
            health_port: freeHealthPort(),
          })
    // Throws for what was changed by hand in a way that does not fit the answers.
    const { credentials, state } = parseConfig(wanted, path, this.#around)
    this.#dialog.title('Files')
    const files: PlannedFile[] = [{ path, text: wanted, secret: false }]
    let leftover: string | null = null
    if (credentials.provider === 'file' && isLines(credentials.path)) {
      const secrets = textOfFile(credentials.path) ?? ''
      const entry = withSecret(secrets, agent.api_key_env, server.api_key)
      files.unshift({ path: credentials.path, text: entry, secret: true })
    } else {
      // A key that is not there is not the same.
      const held = openCredentials(credentials, { env: this.#around.env }).get(agent.api_key_env)
      const same = (await held.catch(() => undefined)) === server.api_key
      const where =
        credentials.provider === 'file' ? credentials.path : `the provider ${credentials.provider}`
      if (!same) leftover = `Put the key into ${where}, under the name ${agent.api_key_env}.`
    }
    await writeFiles(this.#dialog, files, this.#options.force)
    this.#written = true
    this.#running = rememberPlace(state.db_path, agent.name, (await this.#herald?.place()) ?? null)
    return leftover
  }

  #report(wake: WakeRule, detail: string | null): void {
    const link = this.#gateway?.link
    this.#herald?.report({
      wake,
      state: detail === null ? 'ready' : 'degraded',
      detail,
      gateway: link ? { version: link.version, connected: true } : null,
    })
  }
}
