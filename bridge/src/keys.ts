import type { Log } from './agent/log.ts'
import type { AgentConfig, Credentials } from './config/config.ts'

/** The keys in use, by agent; values stay in here. */
export class Keys {
  readonly #credentials: Credentials
  readonly #used = new Map<string, string>()

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** The key of an agent. Rejects with `CredentialMissing` and `CredentialsUnavailable`. */
  async of({ name, api_key_env }: AgentConfig): Promise<string> {
    const key = await this.#credentials.get(api_key_env)
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
