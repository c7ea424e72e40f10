import { type Static, Type } from '@sinclair/typebox'
import { ANY_EMAIL_PATTERN } from './addresses.ts'
import { LIMITS } from './limits.ts'
import { Closed, Nullable, OneOf, Text } from './schema.ts'
import { type Range, SETTING_RANGES } from './setting-limits.ts'
import { BACKUP_DESTINATIONS, EVIDENCE_TYPES, PRIORITIES, SIGN_IN_METHODS } from './vocabulary.ts'

const whole = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const within = ({ minimum, maximum }: Range) => whole(minimum, maximum)

/** One field of a cron line: `*`, numbers, ranges, each with a step, several with commas between. */
function cronField(value: string): string {
  const one = `(?:\\*|${value}(?:-${value})?)(?:/[1-9][0-9]?)?`
  return `${one}(?:,${one})*`
}

/** Minute, hour, day, month, day of the week. */
const CRON = `^${[
  '[1-5]?[0-9]',
  '(?:1?[0-9]|2[0-3])',
  '(?:[1-9]|[12][0-9]|3[01])',
  '(?:[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)',
  '(?:[0-7]|sun|mon|tue|wed|thu|fri|sat)',
]
  .map(cronField)
  .join(' ')}$`

/** An org's settings, all present on output. Durations carry their unit last. */
export const OrgSettings = Closed(
  {
    authentication: Closed({
      allowed_oidc_providers: Type.Array(OneOf(SIGN_IN_METHODS), {
        minItems: 1,
        maxItems: 4,
        uniqueItems: true,
      }),
      api_key_rotation_reminder_days: within(SETTING_RANGES.api_key_rotation_reminder_days),
    }),
    task_defaults: Closed({
      required_evidence_types: Type.Array(OneOf(EVIDENCE_TYPES), { maxItems: 3, uniqueItems: true }),
      priority: OneOf(PRIORITIES),
    }),
    notifications: Closed({
      enabled_channels: Type.Array(OneOf(['email']), { maxItems: 1, uniqueItems: true }),
      default_channel: Nullable(OneOf(['email'])),
      email_from_address: Nullable(Text(LIMITS.email_max, { pattern: ANY_EMAIL_PATTERN })),
    }),
    integrations: Closed({
      github: Closed({
        enabled: Type.Boolean(),
        org_name: Nullable(Text(39, { pattern: '^[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9]))*$' })),
      }),
      google_workspace: Closed({
        enabled: Type.Boolean(),
        domain: Nullable(Text(253, { pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$' })),
      }),
    }),
    agent_limits: Closed({
      max_concurrent_sub_agents: Nullable(whole(0, 100_000)),
      allowed_models: Type.Array(Text(LIMITS.model_max), { maxItems: 100, uniqueItems: true }),
      sub_agent_default_timeout_minutes: within(SETTING_RANGES.sub_agent_timeout_minutes),
      loop_brake: Closed({
        messages: within(SETTING_RANGES.loop_brake_messages),
        minutes: within(SETTING_RANGES.loop_brake_minutes),
      }),
    }),
    connection_limits: Closed({
      sse: within(SETTING_RANGES.connections),
      websocket: within(SETTING_RANGES.connections),
    }),
    retention: Closed({
      message_months: within(SETTING_RANGES.retention_months),
      event_months: within(SETTING_RANGES.retention_months),
    }),
    backup: Closed({
      enabled: Type.Boolean(),
      schedule_cron: Text(100, { pattern: CRON }),
      destination: OneOf(BACKUP_DESTINATIONS),
      retention_days: within(SETTING_RANGES.backup_days),
    }),
    export: Closed({ expires_after_hours: within(SETTING_RANGES.export_hours) }),
    time_zone: Text(LIMITS.time_zone_max, {
      pattern: '^[A-Za-z][A-Za-z0-9_+/-]*$',
      description: 'IANA name, e.g. `Europe/Berlin`. Times of day that the server keeps to are of this zone.',
    }),
    api_keys: Closed({ rotation_grace_hours: within(SETTING_RANGES.rotation_grace_hours) }),
    deletion_grace_period_days: within(SETTING_RANGES.deletion_grace_period_days),
  },
  { title: 'OrgSettings' },
)
export type OrgSettings = Static<typeof OrgSettings>

/** Settings of a new org. */
export const DEFAULT_SETTINGS: OrgSettings = {
  authentication: {
    allowed_oidc_providers: ['github', 'google', 'oidc', 'password'],
    api_key_rotation_reminder_days: 90,
  },
  task_defaults: { required_evidence_types: [], priority: 'medium' },
  notifications: { enabled_channels: ['email'], default_channel: 'email', email_from_address: null },
  integrations: {
    github: { enabled: false, org_name: null },
    google_workspace: { enabled: false, domain: null },
  },
  agent_limits: {
    max_concurrent_sub_agents: null,
    allowed_models: [],
    sub_agent_default_timeout_minutes: 30,
    loop_brake: { messages: 20, minutes: 2 },
  },
  connection_limits: { sse: 100, websocket: 200 },
  retention: { message_months: 12, event_months: 24 },
  backup: { enabled: false, schedule_cron: '0 2 * * *', destination: 'local', retention_days: 30 },
  export: { expires_after_hours: 72 },
  time_zone: 'UTC',
  api_keys: { rotation_grace_hours: 24 },
  deletion_grace_period_days: 30,
}
