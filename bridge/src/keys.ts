import type { AgentConfig, Credentials } from './config/config.ts'
import type { Secrets } from './log/secrets.ts'
import type { Log } from './log.ts'

/** The keys in use, by agent; values stay in here. */
export class Keys {
  readonly #credentials: Credentials
  readonly #secrets: Secrets
  readonly #used = new Map<string, string>()

  constructor(credentials: Credentials, secrets: Secrets) {
    this.#credentials = credentials
    this.#secrets = secrets
  }

  /** The key of an agent. Rejects with `CredentialMissing` and `CredentialsUnavailable`. */
  async of({ name, api_key_env }: AgentConfig): Promise<string> {
    const key = await this.#credentials.get(api_key_env)
    this.#secrets.add(key)
    this.#used.set(name, key)
    return key
  }

  /** Calls `use` for each agent whose credential changed at its place, until the signal aborts. */
  follow(
    agents: readonly AgentConfig[],
    use: (agent: AgentConfig, key: string) => void,
    log: Log,
    signal: AbortSignal,
  ): void {
    const look = async (agent: AgentConfig) => {
      const before = this.#used.get(agent.name)
      const key = await this.of(agent)
      if (key === before || signal.aborted) return
      log.info('The credential of an agent changed and is used from now on.', { agent: agent.name })
      use(agent, key)
    }
    this.#credentials.watch(() => {
      for (const agent of agents)
        look(agent).catch((error: unknown) => log.failed('read a changed credential', error))
    }, signal)
  }
}
