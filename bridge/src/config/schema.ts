import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { Closed, OneOf, Text } from '../../../src/contracts/schema.ts'
import { WAKE_RULES } from './config.ts'

/** Limits of the file. A bridge beside one gateway serves a handful of agents; the bound keeps its streams countable. */
export const CONFIG_LIMITS = {
  file_bytes_max: 256 * 1024,
  agents_max: 64,
  path_max: 1_000,
  url_max: 2_000,
  history_fetch_count_max: 200,
  request_timeout_seconds_max: 300,
} as const

const opt = <T extends TSchema>(schema: T) => Type.Optional(schema)
const integer = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const Path = Text(CONFIG_LIMITS.path_max)
const Url = Text(CONFIG_LIMITS.url_max)

/** Name of a credential: the name of an environment variable, or of an entry of the secret. */
const CredentialName = Text(128, { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' })

const AgentSection = Closed({
  name: Text(64, { pattern: '^[a-z0-9][a-z0-9_-]*$' }),
  api_key_env: CredentialName,
  org_slug: Text(LIMITS.org_slug_max, { min: LIMITS.org_slug_min, pattern: '^[a-z0-9][a-z0-9-]*[a-z0-9]$' }),
  gateway_agent: opt(Text(64, { pattern: '^[a-z0-9][a-z0-9_-]*$' })),
  wake: opt(OneOf(WAKE_RULES)),
  auto_subscribe: opt(Type.Boolean()),
  history_fetch_count: opt(integer(0, CONFIG_LIMITS.history_fetch_count_max)),
})

const CredentialsSection = Type.Union([
  Closed({ provider: Type.Literal('env') }),
  Closed({ provider: Type.Literal('file'), path: Path }),
  Closed({
    provider: Type.Literal('aws_secrets_manager'),
    secret_id: Text(2_048),
    region: Text(64, { pattern: '^[a-z0-9-]+$' }),
    endpoint: opt(Url),
  }),
  Closed({
    provider: Type.Literal('vault'),
    url: Url,
    path: Text(512, { pattern: '^[^/?#\\s][^?#\\s]*[^/?#\\s]$' }),
    token_env: opt(CredentialName),
    namespace: opt(Text(256, { pattern: '^[^\\s]+$' })),
  }),
])

/** The file as it is written, before the defaults. */
export const ConfigFile = Closed({
  mission_control: Closed({
    url: Url,
    verify_tls: opt(Type.Boolean()),
    request_timeout_seconds: opt(integer(1, CONFIG_LIMITS.request_timeout_seconds_max)),
  }),
  gateway: opt(Closed({ url: opt(Url), token_env: opt(CredentialName), device_path: opt(Path) })),
  agents: Type.Array(AgentSection, { minItems: 1, maxItems: CONFIG_LIMITS.agents_max }),
  credentials: opt(CredentialsSection),
  state: opt(Closed({ db_path: opt(Path) })),
  health: opt(Closed({ host: opt(Text(253)), port: opt(integer(1, 65_535)) })),
  logging: opt(
    Closed({
      level: opt(OneOf(['debug', 'info', 'warn', 'error'])),
      format: opt(OneOf(['json', 'text'])),
    }),
  ),
  updates: opt(
    Closed({ auto_check: opt(Type.Boolean()), notify_channel: opt(Text(LIMITS.channel_name_max)) }),
  ),
})
export type ConfigFile = Static<typeof ConfigFile>
