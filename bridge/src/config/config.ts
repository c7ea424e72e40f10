/** The configuration as the bridge uses it, read and checked by this folder. */
export interface Config {
  mission_control: { url: string; verify_tls: boolean; request_timeout_seconds: number }
  gateway: {
    url: string
    /** Name of the credential that holds the gateway's shared token; null with device pairing. */
    token_env: string | null
    /** File of the device's key and token, used when there is no token. */
    device_path: string
  }
  agents: AgentConfig[]
  credentials: CredentialsConfig
  state: { db_path: string }
  health: { host: string; port: number }
  logging: { level: 'debug' | 'info' | 'warn' | 'error'; format: 'json' | 'text' }
  updates: { auto_check: boolean; notify_channel: string | null }
}

export interface AgentConfig {
  /** Unique in the file; lower-case letters, digits, `-` and `_`. */
  name: string
  /** Name of the credential that holds the API key. */
  api_key_env: string
  org_slug: string
  gateway_agent: string
  wake: WakeRule
  auto_subscribe: boolean
  /** Messages with which a new session is primed, 0 to 200. */
  history_fetch_count: number
}

/** `mention`: mentioned, assigned or replied to. `project`: also messages of people in assigned projects. `all`: all messages of people. */
export const WAKE_RULES = ['mention', 'project', 'all'] as const
export type WakeRule = (typeof WAKE_RULES)[number]

export type CredentialsConfig =
  | { provider: 'env' }
  | { provider: 'file'; path: string }
  | { provider: 'aws_secrets_manager'; secret_id: string; region: string; endpoint: string | null }
  | { provider: 'vault'; url: string; path: string; token_env: string; namespace: string | null }

/** Credentials by name, e.g. `MC_KEY_SCOUT`. Values are never logged, stored or put into errors. */
export interface Credentials {
  /**
   * Throws `CredentialMissing` with the name and the place where it was looked for, and `CredentialsUnavailable` when
   * that place gives no answer or is refused.
   */
  get(name: string): Promise<string>
  /** Called when credentials changed at their place, until `signal` aborts. A provider without changes never calls. */
  watch(changed: () => void, signal: AbortSignal): void
}

export class CredentialMissing extends Error {
  override name = 'CredentialMissing'
}

/** The place of credentials gives none. `passing` tells whether a later try may succeed without a change by a person. */
export class CredentialsUnavailable extends Error {
  override name = 'CredentialsUnavailable'
  readonly passing: boolean

  constructor(message: string, passing: boolean) {
    super(message)
    this.passing = passing
  }
}

/** All problems of a configuration at once, one line each. */
export class ConfigProblems extends Error {
  override name = 'ConfigProblems'
  readonly problems: readonly string[]

  constructor(path: string, problems: readonly string[]) {
    super(
      [
        `${path} has ${problems.length} problem${problems.length === 1 ? '' : 's'}:`,
        ...problems.map((p) => `  - ${p}`),
      ].join('\n'),
    )
    this.problems = problems
  }
}
