import { addressRange } from './address-range.ts'
import type { Reader } from './reader.ts'

const SECRET_SHAPE = { secret: true } as const

/** Paths of the API and of the app. Below one of them a stripped path could not be told from a kept one. */
const OWN_PATHS = [
  ...['api', 'assets', 'auth', 'docs', 'health', 'metrics', 'ready', 'version'],
  ...['guide', 'invite', 'login', 'o', 'orgs', 'setup', 'sign-in-link', 'unsubscribe'],
]
const BASE_PATH = new RegExp(
  `^/(?:(?!(?:${OWN_PATHS.join('|')})(?:/|$))[\\w~-][\\w.~-]*(?:/[\\w~-][\\w.~-]*)*/?)?$`,
  'i',
)

const HOST = String.raw`(?:[^\s:@/?#,\[\]]+|\[[^\s\]]+\])(?::\d{1,5})?`
const REDIS_URL = new RegExp(
  String.raw`^rediss?://(?:[^\s@/]*@)?${HOST}(?:/\d{0,4})?$|^rediss?\+sentinel://(?:[^\s@/]*@)?${HOST}(?:,${HOST})*/[^\s/?#]+(?:/\d{1,4})?(?:\?sentinel_password=[^\s&#]+)?$`,
)

/**
 * The table of settings: one row per environment variable with its bounds, its default and its sentence for the
 * documents. Limits that belong to the contract are not here but in `contracts/limits.ts`.
 */
export function readSettings(read: Reader) {
  return {
    ...address(read.section('Address')),
    ...storage(read.section('Storage')),
    ...nodes(read.section('Several nodes')),
    ...files(read.section('Files')),
    ...secrets(read.section('Secrets')),
    ...providers(read.section('Sign-in providers')),
    ...mail(read.section('Mail')),
    ...operation(read.section('Operation')),
    ...tuning(read.section('Tuning')),
  }
}

export type Settings = ReturnType<typeof readSettings>

function address(read: Reader) {
  return {
    port: read.integer('MC_PORT', {
      default: 3000,
      min: 0,
      max: 65_535,
      doc: 'Port to listen on; 0 takes any free one.',
    }),
    host: read.text('MC_HOST', {
      default: '127.0.0.1',
      doc: 'Address to listen on. `0.0.0.0` is every interface of this machine.',
    }),
    public_url: read.url('MC_PUBLIC_URL', ['https', 'http'], {
      default_text: '`http://localhost` and the port',
      doc: 'Address that people open in the browser, without a path. Plain http only for localhost, 127.0.0.1 and [::1], or with `MC_ALLOW_HTTP=1`. With https, cookies are bound to the host and HSTS is sent.',
    }),
    base_path: basePath(
      read.optional('MC_BASE_PATH', {
        kind: 'path such as `/mc`, of letters, digits, `.`, `_`, `~` and `-`, that is none of the app’s own',
        matches: BASE_PATH,
        default_text: 'none: the server has the host to itself',
        doc: 'Path of the public address below which a proxy shows the server. The proxy may keep the path or strip it.',
      }),
    ),
    allow_http: read.flag('MC_ALLOW_HTTP', {
      default: false,
      doc: 'Allows a public address without TLS. Everybody on the network can then read passwords and sessions.',
    }),
    cors_origins: read.list('MC_CORS_ORIGIN', {
      kind: 'exact origins',
      entry: origin,
      doc: 'Other origins whose pages may call the API, for the mobile app. Never `*`.',
    }),
    trusted_proxies: read.list('MC_TRUSTED_PROXIES', {
      kind: 'IP addresses or CIDR ranges',
      entry: addressRange,
      doc: 'Proxies whose `X-Forwarded-For` or `Forwarded` is believed, e.g. `172.16.0.0/12` for those of a container network.',
    }),
    deployment_mode: read.choice('DEPLOYMENT_MODE', ['single-tenant', 'multi-tenant'], {
      default: 'single-tenant',
      doc: 'One organization made at the first set-up, or any signed-in person may create more.',
    }),
  }
}

function storage(read: Reader) {
  const postgres = ['postgres', 'postgresql'] as const
  return {
    data_dir: read.text('MC_DATA_DIR', {
      default: './data',
      doc: 'Folder of the embedded database, generated secrets and files.',
    }),
    archive_dir: read.optional('MC_ARCHIVE_DIR', {
      kind: 'folder',
      default_text: 'the bucket of `MC_S3_BUCKET` if it is set, else `archive` in the data folder',
      doc: 'Folder of the events and messages that organizations no longer keep.',
    }),
    database_url: read.url('MC_DATABASE_URL', postgres, {
      default_text: 'embedded PostgreSQL in the data folder',
      doc: 'PostgreSQL 16 or newer, as the role the server works as (no owner, no superuser).',
    }),
    database_owner_url: read.url('MC_DATABASE_OWNER_URL', postgres, {
      doc: 'The same database as a role that may create roles; used to migrate at start, not to serve.',
    }),
    database_worker_url: read.url('MC_DATABASE_WORKER_URL', postgres, {
      default_text: 'the server of `MC_DATABASE_URL`, with a password derived from the one there',
      doc: 'The same database as `mc_worker`, for background jobs; needed when another program makes the roles.',
    }),
    database_prepare: read.flag('MC_DATABASE_PREPARE', {
      default: true,
      doc: 'Off behind PgBouncer in transaction mode: no prepared statements, and limits with each transaction instead of at connect.',
    }),
    database_pool: read.integer('MC_DATABASE_POOL', {
      default: 16,
      min: 2,
      max: 500,
      doc: 'Connections for reads of this node at the most; writes have a few of their own.',
    }),
    statement_timeout_ms: read.integer('MC_STATEMENT_TIMEOUT_MS', {
      default: 5_000,
      min: 100,
      max: 600_000,
      doc: 'Milliseconds after which PostgreSQL ends a statement. Requests are answered within five seconds whatever it is.',
    }),
  }
}

function nodes(read: Reader) {
  return {
    redis_url: read.optional('MC_REDIS_URL', {
      kind: 'URL with redis://, rediss://, redis+sentinel:// or rediss+sentinel://',
      matches: REDIS_URL,
      default_text: 'this node is alone',
      doc: 'Redis that joins several nodes on one database: `redis://user:password@cache.example.com:6379/0`, with `rediss:` over TLS. By Sentinel `redis+sentinel://:password@s1:26379,s2:26379/mymaster/0`, where `?sentinel_password=` is that of the Sentinels. Needs `MC_DATABASE_URL`, `MC_JWT_SECRET` and `MC_KEY_PEPPER`, the same on every node.',
    }),
    node_id: read.optional('MC_NODE_ID', {
      kind: '1 to 64 letters, digits, `_` or `-`',
      matches: /^[A-Za-z0-9_-]{1,64}$/,
      default_text: 'a new one at every start',
      doc: 'Name of this node in the directory of owners, in presence and in the list of clients of Redis.',
    }),
    lease_ms: read.integer('MC_LEASE_MS', {
      default: 5_000,
      min: 500,
      max: 60_000,
      doc: 'Milliseconds after which the entries of a node that is gone leave the directory of owners. Entries in use are renewed three times in this time.',
    }),
  }
}

function files(read: Reader) {
  return {
    export_dir: read.optional('MC_EXPORT_DIR', {
      kind: 'folder',
      default_text: '`exports` in the data folder',
      doc: 'Folder of exports, unless they go to a bucket. Several nodes need a shared one.',
    }),
    backup_dir: read.optional('MC_BACKUP_DIR', {
      kind: 'folder',
      default_text: '`backups` in the data folder',
      doc: 'Folder of the backups that organizations schedule (Settings, Retention). Several nodes need a shared one.',
    }),
    s3_endpoint: read.url('MC_S3_ENDPOINT', ['https', 'http'], {
      doc: 'S3-compatible storage of exports instead of the folder; with a bucket, its key and the secret.',
    }),
    s3_region: read.text('MC_S3_REGION', { default: 'us-east-1', doc: 'Region of the bucket.' }),
    s3_bucket: read.optional('MC_S3_BUCKET', {
      kind: 'name of a bucket',
      matches: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      doc: 'Bucket, addressed by path. Nothing but this server should write to it.',
    }),
    s3_access_key_id: read.optional('MC_S3_ACCESS_KEY_ID', { doc: 'Access key of the bucket.' }),
    s3_secret_access_key: read.optional('MC_S3_SECRET_ACCESS_KEY', {
      ...SECRET_SHAPE,
      doc: 'Secret of the access key.',
    }),
  }
}

function secrets(read: Reader) {
  const generated = 'generated into the data folder'
  return {
    jwt_secret: read.secret('MC_JWT_SECRET', { default_text: generated, doc: 'Signs sessions.' }),
    jwt_secret_previous: read.secret('MC_JWT_SECRET_PREVIOUS', {
      doc: 'The one before, accepted while a rotation is under way.',
    }),
    key_pepper: read.secret('MC_KEY_PEPPER', {
      default_text: generated,
      doc: 'Mixed into the stored hash of API keys. Changing it slows the next use of every key once.',
    }),
    metrics_token: read.optional('MC_METRICS_TOKEN', {
      ...SECRET_SHAPE,
      kind: 'secret of at least 16 characters',
      matches: /^[\x21-\x7e]{16,}$/,
      doc: 'Opens `/metrics` to other machines as `Authorization: Bearer …`.',
    }),
  }
}

function providers(read: Reader) {
  const web = ['https', 'http'] as const
  const id = (name: string, of: string) => read.optional(name, { doc: `Client id of this server at ${of}.` })
  const secret = (name: string, of: string) =>
    read.optional(name, { ...SECRET_SHAPE, doc: `Client secret of this server at ${of}.` })
  return {
    google_client_id: id('MC_GOOGLE_CLIENT_ID', 'Google'),
    google_client_secret: secret('MC_GOOGLE_CLIENT_SECRET', 'Google'),
    github_client_id: id('MC_GITHUB_CLIENT_ID', 'GitHub'),
    github_client_secret: secret('MC_GITHUB_CLIENT_SECRET', 'GitHub'),
    github_url: read.url('MC_GITHUB_URL', web, {
      default_text: '`https://github.com`',
      doc: 'Address of a GitHub Enterprise Server.',
    }),
    oidc_issuer: read.url('MC_OIDC_ISSUER', web, {
      doc: 'Issuer of any OpenID Connect provider, which is found by discovery. Plain http only on this machine, or with `MC_ALLOW_HTTP=1`.',
    }),
    oidc_client_id: id('MC_OIDC_CLIENT_ID', 'the issuer'),
    oidc_client_secret: secret('MC_OIDC_CLIENT_SECRET', 'the issuer'),
  }
}

function mail(read: Reader) {
  return {
    smtp_url: read.url('MC_SMTP_URL', ['smtp', 'smtps'], {
      doc: 'Mail server, with user and password if it asks for them: `smtp://user:password@mail.example.com:587`, or `smtps://…:465`. Without it no mail is made, and the app says so. A password is sent over TLS only, and the certificate must be valid, unless the server is on this machine; `?requireTLS=false`, `?ignoreTLS=true` and `?tls.rejectUnauthorized=false` change that.',
    }),
    email_from: read.optional('MC_EMAIL_FROM', {
      kind: 'e-mail address',
      matches: /^[^\s@<>]+@[^\s@<>]+$/,
      default_text: '`mission-control@` and the host of `MC_PUBLIC_URL`',
      doc: 'Sender of mails, and where reports about undelivered ones go. An organization may show an address of its own as the author.',
    }),
    email_delay_seconds: read.integer('MC_EMAIL_DELAY_SECONDS', {
      default: 5,
      min: 0,
      max: 3_600,
      doc: 'Seconds that a mail about a notification waits: what is read meanwhile is not mailed, and more than five that wait for one person become one mail.',
    }),
  }
}

function operation(read: Reader) {
  return {
    log_level: read.choice('MC_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
      doc: 'The least important lines that are logged.',
    }),
    rate_limits: read.flag('MC_RATE_LIMITS', {
      default: true,
      doc: 'Off only on trusted networks and for load tests.',
    }),
  }
}

function tuning(read: Reader) {
  return {
    heartbeat_seconds: read.integer('MC_SSE_HEARTBEAT_SECONDS', {
      default: 15,
      min: 1,
      max: 60,
      doc: 'Seconds between heartbeats of a quiet event stream. Many routers forget a connection that was quiet for 60 s.',
    }),
    replay_ring: read.integer('MC_REPLAY_RING', {
      default: 1_000,
      min: 0,
      max: 100_000,
      doc: 'Events per organization kept in memory (4 MiB at the most) for streams that resume; older ones come from the database.',
    }),
    drain_ms: read.integer('MC_DRAIN_MS', {
      default: 8_000,
      min: 0,
      max: 60_000,
      doc: 'Milliseconds that a stopping node gives to what is under way.',
    }),
    lane_queue_max: read.integer('MC_LANE_QUEUE_MAX', {
      default: 4_096,
      min: 1,
      max: 1_000_000,
      doc: 'Writes of one organization that may wait; one more is answered 503.',
    }),
    mailbox_max: read.integer('MC_MAILBOX_MAX', {
      default: 8_192,
      min: 1,
      max: 1_000_000,
      doc: 'Requests to one actor that may wait; one more is answered 503.',
    }),
    actor_idle_ms: read.integer('MC_ACTOR_IDLE_MS', {
      default: 300_000,
      min: 100,
      max: 86_400_000,
      doc: 'Milliseconds without a request after which the memory of an organization or a channel is released; the next request loads it again.',
    }),
    job_concurrency: read.integer('MC_JOB_CONCURRENCY', {
      default: 4,
      min: 0,
      max: 100,
      doc: 'Background jobs that this node does at a time. With 0 it only enqueues them, and another node must do them.',
    }),
    job_lease_ms: read.integer('MC_JOB_LEASE_MS', {
      default: 60_000,
      min: 1_000,
      max: 3_600_000,
      doc: 'Milliseconds without a sign of life of a node after which others take over its background jobs.',
    }),
    partitions_ahead: read.integer('MC_PARTITIONS_AHEAD', {
      default: 3,
      min: 1,
      max: 24,
      doc: 'Months whose tables are made in advance.',
    }),
  }
}

/** Without the slash at the end; empty at the root of a host. */
function basePath(text: string | undefined): string {
  return (text ?? '').replace(/\/$/, '')
}

/** The origin when the text is nothing more than one. A wrapped app's own scheme is compared as it is written. */
function origin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+$/.test(text)) return undefined
  return url.origin === 'null' ? text : url.origin
}
