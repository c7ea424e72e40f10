import { type Env, Reader, type Setting } from './config/reader.ts'
import { readSettings, type Settings } from './config/settings.ts'

/** Settings of this process, read once at start. Names of durations and sizes end with their unit. */
export interface Config extends Omit<Settings, 'public_url' | 'node_id' | 'deployment_mode' | 'email_from'> {
  /** Address for browsers with the base path, without a trailing slash. */
  public_url: string
  /** The public address has TLS: cookies are bound to the host. */
  https: boolean
  /** Origins of this server's own pages. */
  own_origins: string[]
  single_tenant: boolean
  /** Sender of mails. */
  email_from: string
  node_id: string
}

/** Invalid settings; each problem is a sentence for the operator. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]']

/** Settings of other programs that share the prefix: no reason to warn about them. */
const NOT_OURS = /^MC_(BRIDGE|TEST|DEV)_/

/**
 * Reads the settings from environment variables. Throws `ConfigError` with all problems; warnings are sentences about
 * valid but probably unintended settings.
 */
export function loadConfig(env: Env): { config: Config; warnings: string[] } {
  const read = new Reader(env)
  const values = readSettings(read)
  const problems = [
    ...read.problems,
    ...publicUrlProblems(values),
    ...providerUrlProblems(values),
    ...contradictions(env),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  const address = addressOf(values.public_url, values.port, values.base_path)
  const config: Config = {
    ...values,
    ...address,
    email_from: values.email_from ?? `mission-control@${new URL(address.public_url).hostname}`,
    single_tenant: values.deployment_mode === 'single-tenant',
    // Not the process id: in containers every node's is 1.
    node_id: values.node_id ?? `node-${crypto.randomUUID().slice(0, 8)}`,
  }
  return { config, warnings: warnings(env, values, read.settings) }
}

/**
 * The public address of a server on `port`. With `MC_PORT=0` the port is known only when the server listens; then this
 * is called again with the real port and the value of `MC_PUBLIC_URL`.
 */
export function addressOf(
  public_url: string | undefined,
  port: number,
  base_path: string,
): Pick<Config, 'public_url' | 'https' | 'own_origins'> {
  if (public_url === undefined) {
    const own_origins = LOCAL_HOSTS.map((host) => new URL(`http://${host}:${port}`).origin)
    return { public_url: `http://localhost:${port}${base_path}`, https: false, own_origins }
  }
  const { origin, protocol } = new URL(public_url)
  return { public_url: origin + base_path, https: protocol === 'https:', own_origins: [origin] }
}

/** Every setting as `NAME=value`, secrets and passwords masked; also for an invalid configuration. */
export function printConfig(env: Env): string {
  return settingsOf(env)
    .map(({ name, given, default_text }) => {
      if (given !== undefined) return `${name}=${given}`
      return default_text === '' ? `# ${name} is not set` : `# ${name}: ${default_text.replaceAll('`', '')}`
    })
    .join('\n')
}

/** The table of settings in order, with the values of `env`. The documents are generated from it. */
export function settingsOf(env: Env): readonly Setting[] {
  const read = new Reader(env)
  readSettings(read)
  return read.settings
}

/** Settings that depend on another setting. */
function contradictions(env: Env): string[] {
  const given = (name: string) => (env[name] ?? '').trim() !== ''
  const needs = (name: string, other: string, why: string) =>
    given(name) && !given(other) ? [`${other} must be set because ${name} is: ${why}`] : []
  return [
    ...needs('MC_JWT_SECRET_PREVIOUS', 'MC_JWT_SECRET', 'the previous secret only verifies.'),
    ...needs('MC_REDIS_URL', 'MC_DATABASE_URL', 'several nodes share one database, not an embedded one.'),
    ...['MC_JWT_SECRET', 'MC_KEY_PEPPER'].flatMap((name) =>
      needs('MC_REDIS_URL', name, 'every node must have the same secrets.'),
    ),
    ...needs('MC_DATABASE_WORKER_URL', 'MC_DATABASE_URL', 'the embedded database makes the role itself.'),
    ...['MC_S3_BUCKET', 'MC_S3_ACCESS_KEY_ID', 'MC_S3_SECRET_ACCESS_KEY'].flatMap((name) => [
      ...needs(name, 'MC_S3_ENDPOINT', 'it is of no use alone.'),
      ...needs('MC_S3_ENDPOINT', name, 'files go to a bucket with a key.'),
    ]),
    ...together(given, ['MC_GOOGLE_CLIENT_ID', 'MC_GOOGLE_CLIENT_SECRET']),
    ...together(given, ['MC_GITHUB_CLIENT_ID', 'MC_GITHUB_CLIENT_SECRET']),
    ...needs('MC_GITHUB_URL', 'MC_GITHUB_CLIENT_ID', 'it is of no use alone.'),
    ...together(given, ['MC_OIDC_ISSUER', 'MC_OIDC_CLIENT_ID', 'MC_OIDC_CLIENT_SECRET']),
    ...needs('MC_DATABASE_BACKUP_URL', 'MC_DATABASE_URL', 'the embedded database makes the role itself.'),
    ...(given('MC_BACKUP_SCHEDULE') &&
    given('MC_DATABASE_URL') &&
    !given('MC_DATABASE_BACKUP_URL') &&
    !given('MC_DATABASE_OWNER_URL')
      ? [
          'MC_DATABASE_BACKUP_URL must be set because MC_BACKUP_SCHEDULE is: the role of the server does not see everything.',
        ]
      : []),
    ...((env.MC_BACKUP_DESTINATION ?? '').trim() === 's3' && !given('MC_S3_BUCKET')
      ? ['MC_S3_BUCKET must be set because MC_BACKUP_DESTINATION is s3.']
      : []),
    ...needs('MC_DATABASE_OWNER_URL', 'MC_DATABASE_URL', 'the server does not serve as the owner.'),
  ]
}

/** Settings of which each is of no use without the others. */
function together(given: (name: string) => boolean, names: readonly string[]): string[] {
  const missing = names.filter((name) => !given(name))
  if (missing.length === 0 || missing.length === names.length) return []
  const present = names.filter(given).join(' and ')
  return missing.map((name) => `${name} must be set because ${present} is: sign-in needs both.`)
}

/** Codes and secrets would cross the network unencrypted. */
function providerUrlProblems({ github_url, oidc_issuer, allow_http }: Settings): string[] {
  return Object.entries({ MC_GITHUB_URL: github_url, MC_OIDC_ISSUER: oidc_issuer }).flatMap(
    ([name, value]) => {
      const url = value === undefined ? null : URL.parse(value)
      if (!url) return []
      if (/[?#@]/.test(value ?? '')) return [`${name} must be an address without query, user and password.`]
      return url.protocol === 'http:' && !LOCAL_HOSTS.includes(url.hostname) && !allow_http
        ? [`${name} must begin with https://. On a network that you trust set MC_ALLOW_HTTP=1.`]
        : []
    },
  )
}

function publicUrlProblems({ public_url, allow_http }: Settings): string[] {
  if (public_url === undefined) return []
  const url = new URL(public_url)
  const problems: string[] = []
  if (url.pathname !== '/' || /[?#@]/.test(public_url))
    problems.push(
      'MC_PUBLIC_URL must be an address without path, query, user and password, such as https://mc.example.com. A path goes into MC_BASE_PATH.',
    )
  if (url.protocol === 'http:' && !LOCAL_HOSTS.includes(url.hostname) && !allow_http)
    problems.push(
      'MC_PUBLIC_URL must begin with https://: plain http shows passwords to the network. On a network that you trust set MC_ALLOW_HTTP=1.',
    )
  return problems
}

function warnings(env: Env, values: Settings, settings: readonly Setting[]): string[] {
  const known = new Set(settings.map((setting) => setting.name))
  const found = Object.keys(env)
    .filter((name) => name.startsWith('MC_') && !known.has(name) && !NOT_OURS.test(name))
    .sort()
    .map((name) => `${name} is not a setting of this server and has no effect.`)
  if (values.public_url === undefined && !['127.0.0.1', 'localhost', '::1'].includes(values.host))
    found.push(
      'MC_HOST opens the server to other machines but MC_PUBLIC_URL is not set: people can sign in only on this machine.',
    )
  if (values.public_url?.startsWith('http:') && values.allow_http)
    found.push('MC_ALLOW_HTTP is on: passwords and sessions cross the network unencrypted.')
  if (!values.rate_limits) found.push('MC_RATE_LIMITS is off: passwords can be guessed at full speed.')
  return found
}
