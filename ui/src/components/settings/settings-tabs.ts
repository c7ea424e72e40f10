import { type Range, SETTING_RANGES } from '@contracts/setting-limits.ts'
import { t } from '../../i18n/index.ts'
import { type FieldPath, rangeInWords } from './settings-rules.ts'

/** A whole number of the settings; its range is that of the server's schema. */
export interface NumberSetting {
  path: FieldPath
  label: string
  unit: string
  range: Range
  /** Behind the range. */
  more?: string
}

export const SETTINGS_GROUPS = ['organization', 'people', 'agents', 'data'] as const

export interface SettingsTab {
  id: string
  group: (typeof SETTINGS_GROUPS)[number]
  label: string
  /** Of the form, if it is not all that the tab shows. */
  title?: string
  intro: string
  /** Only administrators see it. */
  admin?: true
  numbers: readonly NumberSetting[]
  /** Fields besides the numbers. */
  others: readonly FieldPath[]
}

/** Tabs of the settings that this version of the server acts on or keeps, in their order. */
export const SETTINGS_TABS: readonly SettingsTab[] = [
  {
    id: 'general',
    group: 'organization',
    label: t('settings.tab.general.label'),
    intro: t('settings.tab.general.intro'),
    numbers: [],
    others: ['/name', '/settings/time_zone'],
  },
  {
    id: 'defaults',
    group: 'organization',
    label: t('settings.tab.defaults.label'),
    intro: t('settings.tab.defaults.intro'),
    numbers: [],
    others: ['/settings/task_defaults/priority', '/settings/task_defaults/required_evidence_types'],
  },
  {
    id: 'notifications',
    group: 'organization',
    label: t('settings.tab.notifications.label'),
    title: t('settings.tab.notifications.title'),
    intro: t('settings.tab.notifications.intro'),
    numbers: [],
    others: [
      '/settings/notifications/enabled_channels',
      '/settings/notifications/default_channel',
      '/settings/notifications/email_from_address',
    ],
  },
  {
    id: 'members',
    group: 'people',
    label: t('settings.tab.members.label'),
    intro: '',
    numbers: [],
    others: [],
  },
  {
    id: 'sign-in',
    group: 'people',
    label: t('settings.tab.sign_in.label'),
    intro: t('settings.tab.sign_in.intro'),
    numbers: [],
    others: [
      '/settings/authentication/allowed_oidc_providers',
      '/settings/integrations/google_workspace/enabled',
      '/settings/integrations/google_workspace/domain',
    ],
  },
  {
    id: 'provisioning',
    group: 'people',
    label: t('settings.tab.provisioning.label'),
    intro: '',
    admin: true,
    numbers: [],
    others: [],
  },
  {
    id: 'agents',
    group: 'agents',
    label: t('settings.tab.agents.label'),
    intro: t('settings.tab.agents.intro'),
    numbers: [
      {
        path: '/settings/agent_limits/loop_brake/messages',
        label: t('settings.tab.agents.loop_messages'),
        unit: t('settings.unit.messages'),
        range: SETTING_RANGES.loop_brake_messages,
        more: t('settings.tab.agents.loop_messages_more'),
      },
      {
        path: '/settings/agent_limits/loop_brake/minutes',
        label: t('settings.tab.agents.loop_minutes'),
        unit: t('settings.unit.minutes'),
        range: SETTING_RANGES.loop_brake_minutes,
      },
    ],
    others: [],
  },
  {
    id: 'keys',
    group: 'agents',
    label: t('settings.tab.keys.label'),
    intro: t('settings.tab.keys.intro'),
    numbers: [
      {
        path: '/settings/api_keys/rotation_grace_hours',
        label: t('settings.tab.keys.grace'),
        unit: t('settings.unit.hours'),
        range: SETTING_RANGES.rotation_grace_hours,
        more: t('settings.tab.keys.grace_more'),
      },
      {
        path: '/settings/authentication/api_key_rotation_reminder_days',
        label: t('settings.tab.keys.reminder'),
        unit: t('settings.unit.days'),
        range: SETTING_RANGES.api_key_rotation_reminder_days,
        more: t('settings.tab.keys.reminder_more'),
      },
    ],
    others: [],
  },
  {
    id: 'connections',
    group: 'agents',
    label: t('settings.tab.connections.label'),
    intro: t('settings.tab.connections.intro'),
    numbers: [
      {
        path: '/settings/connection_limits/sse',
        label: t('settings.tab.connections.streams'),
        unit: t('settings.unit.streams'),
        range: SETTING_RANGES.connections,
        more: t('settings.tab.connections.streams_more'),
      },
      {
        path: '/settings/connection_limits/websocket',
        label: t('settings.tab.connections.sockets'),
        unit: t('settings.unit.sockets'),
        range: SETTING_RANGES.connections,
        more: t('settings.tab.connections.sockets_more'),
      },
    ],
    others: [],
  },
  {
    id: 'retention',
    group: 'data',
    label: t('settings.tab.retention.label'),
    intro: t('settings.tab.retention.intro'),
    numbers: [
      {
        path: '/settings/retention/message_months',
        label: t('settings.tab.retention.messages'),
        unit: t('settings.unit.months'),
        range: SETTING_RANGES.retention_months,
        more: t('settings.tab.retention.archive_more'),
      },
      {
        path: '/settings/retention/event_months',
        label: t('settings.tab.retention.events'),
        unit: t('settings.unit.months'),
        range: SETTING_RANGES.retention_months,
        more: t('settings.tab.retention.archive_more'),
      },
      {
        path: '/settings/deletion_grace_period_days',
        label: t('settings.tab.retention.deletion'),
        unit: t('settings.unit.days'),
        range: SETTING_RANGES.deletion_grace_period_days,
        more: t('settings.tab.retention.deletion_more'),
      },
      {
        path: '/settings/backup/retention_days',
        label: t('settings.tab.retention.backup'),
        unit: t('settings.unit.days'),
        range: SETTING_RANGES.backup_days,
        more: t('settings.tab.retention.backup_more'),
      },
    ],
    others: ['/settings/backup/enabled', '/settings/backup/schedule_cron', '/settings/backup/destination'],
  },
  {
    id: 'export',
    group: 'data',
    label: t('settings.tab.export.label'),
    title: t('settings.tab.export.title'),
    intro: t('settings.tab.export.intro'),
    admin: true,
    numbers: [
      {
        path: '/settings/export/expires_after_hours',
        label: t('settings.tab.export.hours'),
        unit: t('settings.unit.hours'),
        range: SETTING_RANGES.export_hours,
      },
    ],
    others: [],
  },
  {
    id: 'work',
    group: 'data',
    label: t('settings.tab.work.label'),
    intro: '',
    admin: true,
    numbers: [],
    others: [],
  },
  {
    id: 'danger',
    group: 'data',
    label: t('settings.tab.danger.label'),
    intro: '',
    admin: true,
    numbers: [],
    others: [],
  },
]

/** The hint of a number: its range, then the rest. */
export function hintOf({ range, more }: NumberSetting): string {
  const ends = rangeInWords(range)
  return more === undefined ? t('settings.range', ends) : t('settings.range_more', { ...ends, more })
}

export const fieldsOf = ({ numbers, others }: SettingsTab): readonly FieldPath[] => [
  ...others,
  ...numbers.map(({ path }) => path),
]
