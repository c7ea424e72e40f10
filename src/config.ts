import { SETTINGS, type SettingName } from './config/settings.ts'

/** Settings of this process, parsed once. Durations and sizes carry their unit. */
export interface Config {
  port: number
  host: string
  public_url: string
  https: boolean
  own_origins: string[]
  data_dir: string
  database_url: string | undefined
  database_owner_url: string | undefined
  database_prepare: boolean
  database_pool: number
  redis_url: string | undefined
  jwt_secret: string | undefined
  key_pepper: string | undefined
  cors_origins: string[]
  trusted_proxies: string[]
  single_tenant: boolean
  metrics_token: string | undefined
  log_level: string
  rate_limits: boolean
  heartbeat_seconds: number
  replay_ring: number
  node_id: string
  drain_ms: number
  lane_queue_max: number
  mailbox_max: number
  partitions_ahead: number
  statement_timeout_ms: number
}

/** Everything that is wrong with the settings, each as a sentence. */
export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

/** Reads the environment. Throws `ConfigError` with all problems at once. */
export function loadConfig(env: Environment): { config: Config; warnings: string[] } {
  const problems: string[] = []
  const text = (name: SettingName): string | undefined => env[name]?.trim() || SETTINGS[name].default
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const value = text(name as SettingName)
    if (value === undefined) continue
    const problem = setting.check(value)
    if (problem) problems.push(`${name}: ${problem}`)
  }
  const number = (name: SettingName) => Number(text(name))
  const list = (name: SettingName) =>
    (text(name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)

  const port = number('MC_PORT')
  const public_url = (text('MC_PUBLIC_URL') ?? `http://localhost:${port}`).replace(/\/+$/, '')
  const https = public_url.startsWith('https://')
  if (
    !https &&
    text('MC_ALLOW_HTTP') !== '1' &&
    URL.canParse(public_url) &&
    !isLocal(new URL(public_url).hostname)
  )
    problems.push(
      'MC_PUBLIC_URL: sign-in over plain http is for this machine only. Use https, or set MC_ALLOW_HTTP=1 if you know that the network is safe.',
    )
  const redis_url = text('MC_REDIS_URL')
  if (redis_url !== undefined)
    for (const name of ['MC_JWT_SECRET', 'MC_KEY_PEPPER'] as const)
      if (text(name) === undefined)
        problems.push(`${name}: must be set with MC_REDIS_URL, because all nodes need the same one.`)
  if (text('MC_DATABASE_OWNER_URL') !== undefined && text('MC_DATABASE_URL') === undefined)
    problems.push(
      'MC_DATABASE_URL: must be set with MC_DATABASE_OWNER_URL; it is the role the server works as.',
    )
  if (problems.length > 0) throw new ConfigError(problems)

  const hosts = ['localhost', '127.0.0.1', '[::1]']
  const own_origins = env.MC_PUBLIC_URL
    ? [new URL(public_url).origin]
    : hosts.map((host) => `http://${host}:${port}`)
  const unknown = Object.keys(env).filter((name) => name.startsWith('MC_') && !(name in SETTINGS))
  const config: Config = {
    port,
    host: text('MC_HOST') ?? '127.0.0.1',
    public_url,
    https,
    own_origins,
    data_dir: text('MC_DATA_DIR') ?? './data',
    database_url: text('MC_DATABASE_URL'),
    database_owner_url: text('MC_DATABASE_OWNER_URL'),
    database_prepare: text('MC_DATABASE_PREPARE') !== 'off',
    database_pool: number('MC_DATABASE_POOL'),
    redis_url,
    jwt_secret: text('MC_JWT_SECRET'),
    key_pepper: text('MC_KEY_PEPPER'),
    cors_origins: list('MC_CORS_ORIGIN'),
    trusted_proxies: list('MC_TRUSTED_PROXIES'),
    single_tenant: text('DEPLOYMENT_MODE') !== 'multi-tenant',
    metrics_token: text('MC_METRICS_TOKEN'),
    log_level: text('MC_LOG_LEVEL') ?? 'info',
    rate_limits: text('MC_RATE_LIMITS') !== 'off',
    heartbeat_seconds: number('MC_SSE_HEARTBEAT_SECONDS'),
    replay_ring: number('MC_REPLAY_RING'),
    node_id: text('MC_NODE_ID') ?? `node-${process.pid}`,
    drain_ms: number('MC_DRAIN_MS'),
    lane_queue_max: number('MC_LANE_QUEUE_MAX'),
    mailbox_max: number('MC_MAILBOX_MAX'),
    partitions_ahead: number('MC_PARTITIONS_AHEAD'),
    statement_timeout_ms: number('MC_STATEMENT_TIMEOUT_MS'),
  }
  return { config, warnings: unknown.map((name) => `${name} is not a setting of this version.`) }
}

function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

/** All settings as they are in force, secrets masked: what `mission-control config` prints. */
export function printConfig(env: Environment): string {
  return Object.entries(SETTINGS)
    .map(([name, setting]) => {
      const given = env[name]?.trim()
      const value = given || setting.default
      const shown = value === undefined ? '(not set)' : setting.secret ? mask(value) : value
      return `${name.padEnd(28)} ${shown}${given ? '' : '  (default)'}`
    })
    .join('\n')
}

/** URLs keep all but their password, everything else nothing. */
function mask(value: string): string {
  if (!URL.canParse(value) || !value.includes('://')) return '(set, hidden)'
  const url = new URL(value)
  if (url.password) url.password = '***'
  return url.toString()
}
