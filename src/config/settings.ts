/** One environment variable: how it is checked, what it is for. */
export interface Setting {
  default?: string
  secret?: true
  /** What is wrong with a value, as the end of a sentence; undefined when it is fine. */
  check(value: string): string | undefined
  doc: string
}

const any = () => undefined
const whole = (min: number, max: number) => (value: string) =>
  /^\d{1,12}$/.test(value) && Number(value) >= min && Number(value) <= max
    ? undefined
    : `must be a whole number from ${min} to ${max}.`
const oneOf =
  (...words: string[]) =>
  (value: string) =>
    words.includes(value) ? undefined : `must be one of: ${words.join(', ')}.`
const url =
  (...schemes: string[]) =>
  (value: string) =>
    URL.canParse(value) && schemes.some((scheme) => value.startsWith(`${scheme}://`))
      ? undefined
      : `must be a URL that begins with ${schemes.map((s) => `${s}://`).join(' or ')}.`
const origins = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .every((part) => URL.canParse(part) && new URL(part).origin !== 'null' && part !== '*')
    ? undefined
    : 'must be exact origins such as https://app.example.com, separated by commas; never *.'
const longer = (bytes: number) => (value: string) =>
  Buffer.byteLength(value) >= bytes ? undefined : `must have at least ${bytes} bytes.`

/** Every setting: the one source of .env.example and of docs/configuration.md. */
const DEFINED = {
  MC_PORT: { default: '3000', check: whole(1, 65535), doc: 'Port to listen on.' },
  MC_HOST: { default: '127.0.0.1', check: any, doc: 'Address to listen on; 0.0.0.0 for all.' },
  MC_PUBLIC_URL: {
    check: url('http', 'https'),
    doc: 'Address that people open, e.g. https://mc.example.com. With https, cookies are bound to the host and HSTS is sent.',
  },
  MC_DATA_DIR: {
    default: './data',
    check: any,
    doc: 'Folder for the embedded database, generated secrets and local files.',
  },
  MC_DATABASE_URL: {
    secret: true,
    check: url('postgres', 'postgresql'),
    doc: 'PostgreSQL 16 or newer as the role the server works as (no owner, no superuser). Without it an embedded PostgreSQL is started.',
  },
  MC_DATABASE_OWNER_URL: {
    secret: true,
    check: url('postgres', 'postgresql'),
    doc: 'The same database as a role that may create roles; used to migrate at start.',
  },
  MC_DATABASE_PREPARE: {
    default: 'on',
    check: oneOf('on', 'off'),
    doc: 'Prepared statements; off behind PgBouncer in transaction mode.',
  },
  MC_DATABASE_POOL: {
    default: '16',
    check: whole(2, 500),
    doc: 'Connections for reads; writes have a few of their own.',
  },
  MC_REDIS_URL: {
    secret: true,
    check: url('redis', 'rediss'),
    doc: 'Redis for several nodes. A node that is alone needs none.',
  },
  MC_JWT_SECRET: {
    secret: true,
    check: longer(32),
    doc: 'Signs session tokens, at least 32 bytes. Generated into the data folder when not set.',
  },
  MC_KEY_PEPPER: {
    secret: true,
    check: longer(32),
    doc: 'Mixed into stored API keys, at least 32 bytes. Generated into the data folder when not set.',
  },
  MC_ALLOW_HTTP: {
    check: oneOf('0', '1'),
    doc: '1 allows sign-in over plain http on other hosts than this machine.',
  },
  MC_CORS_ORIGIN: {
    check: origins,
    doc: 'Origins that may call the API from a browser, separated by commas (needed by the wrapped mobile app).',
  },
  MC_TRUSTED_PROXIES: {
    check: any,
    doc: 'Addresses of proxies whose X-Forwarded-For is believed, separated by commas.',
  },
  DEPLOYMENT_MODE: {
    default: 'single-tenant',
    check: oneOf('single-tenant', 'multi-tenant'),
    doc: 'single-tenant holds one organization; multi-tenant lets people create more.',
  },
  MC_METRICS_TOKEN: {
    secret: true,
    check: longer(16),
    doc: 'Bearer token for /metrics from elsewhere than this machine.',
  },
  MC_LOG_LEVEL: {
    default: 'info',
    check: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    doc: 'How much is logged.',
  },
  MC_RATE_LIMITS: {
    default: 'on',
    check: oneOf('on', 'off'),
    doc: 'off for trusted networks and load tests.',
  },
  MC_SSE_HEARTBEAT_SECONDS: {
    default: '15',
    check: whole(1, 60),
    doc: 'Pause between two heartbeats of a quiet stream.',
  },
  MC_REPLAY_RING: {
    default: '1000',
    check: whole(0, 100_000),
    doc: 'Events per organization kept in memory for quick replays.',
  },
  MC_NODE_ID: {
    check: (value) =>
      /^[A-Za-z0-9_-]{1,64}$/.test(value) ? undefined : 'must be 1 to 64 letters, digits, - or _.',
    doc: 'Name of this node; its process id when not set.',
  },
  MC_DRAIN_MS: {
    default: '8000',
    check: whole(0, 60_000),
    doc: 'Time that a stopping node gives to what is under way.',
  },
  MC_LANE_QUEUE_MAX: {
    default: '4096',
    check: whole(1, 1_000_000),
    doc: 'Writes of one organization that may wait; one more is answered 503.',
  },
  MC_MAILBOX_MAX: {
    default: '8192',
    check: whole(1, 1_000_000),
    doc: 'Messages that may wait for one actor; one more is answered 503.',
  },
  MC_PARTITIONS_AHEAD: { default: '3', check: whole(1, 24), doc: 'Months of partitions made ahead.' },
  MC_STATEMENT_TIMEOUT_MS: {
    default: '5000',
    check: whole(100, 600_000),
    doc: 'Longest time of one statement.',
  },
} satisfies Record<string, Setting>

export type SettingName = keyof typeof DEFINED

export const SETTINGS: Readonly<Record<SettingName, Setting>> = DEFINED
