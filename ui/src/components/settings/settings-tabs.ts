import { type Range, rangeInWords, SETTING_RANGES } from '@contracts/setting-limits.ts'
import type { FieldPath } from './settings-rules.ts'

/** A whole number of the settings; its range is that of the server's schema. */
export interface NumberSetting {
  path: FieldPath
  label: string
  unit: string
  range: Range
  /** Behind the range. */
  more?: string
}

export interface SettingsTab {
  id: string
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
    label: 'General',
    intro: 'How the organization is called, and whose times of day it keeps to.',
    numbers: [],
    others: ['/name', '/settings/time_zone'],
  },
  {
    id: 'defaults',
    label: 'Task defaults',
    intro: 'What a new task begins with, where its creator says nothing else.',
    numbers: [],
    others: ['/settings/task_defaults/priority', '/settings/task_defaults/required_evidence_types'],
  },
  { id: 'members', label: 'People and keys', intro: '', numbers: [], others: [] },
  { id: 'provisioning', label: 'Provisioning', intro: '', admin: true, numbers: [], others: [] },
  {
    id: 'sign-in',
    label: 'Sign-in',
    intro: 'How members sign in to enter the organization. Sessions of another way are shut out at once.',
    numbers: [],
    others: [
      '/settings/authentication/allowed_oidc_providers',
      '/settings/integrations/google_workspace/enabled',
      '/settings/integrations/google_workspace/domain',
    ],
  },
  {
    id: 'agents',
    label: 'Agent limits',
    intro: 'Agents that answer each other without end are paused in their channel until a person writes.',
    numbers: [
      {
        path: '/settings/agent_limits/loop_brake/messages',
        label: 'Messages of agents in a row',
        unit: 'messages',
        range: SETTING_RANGES.loop_brake_messages,
        more: '0 turns the pause off.',
      },
      {
        path: '/settings/agent_limits/loop_brake/minutes',
        label: 'Length of the pause',
        unit: 'minutes',
        range: SETTING_RANGES.loop_brake_minutes,
      },
    ],
    others: [],
  },
  {
    id: 'notifications',
    label: 'Notifications',
    title: 'Defaults of the organization',
    intro: 'How members are told of notifications outside of the app.',
    numbers: [],
    others: [
      '/settings/notifications/enabled_channels',
      '/settings/notifications/default_channel',
      '/settings/notifications/email_from_address',
    ],
  },
  {
    id: 'connections',
    label: 'Connection limits',
    intro: 'Open connections of the whole organization on one node. One more is refused until another ends.',
    numbers: [
      {
        path: '/settings/connection_limits/sse',
        label: 'Event streams',
        unit: 'streams',
        range: SETTING_RANGES.connections,
        more: 'Every browser and every agent has one.',
      },
      {
        path: '/settings/connection_limits/websocket',
        label: 'Chat sockets',
        unit: 'sockets',
        range: SETTING_RANGES.connections,
        more: 'Every open tab has one.',
      },
    ],
    others: [],
  },
  {
    id: 'keys',
    label: 'API keys',
    intro: 'Keys of agents.',
    numbers: [
      {
        path: '/settings/api_keys/rotation_grace_hours',
        label: 'A former key goes on after a rotation for',
        unit: 'hours',
        range: SETTING_RANGES.rotation_grace_hours,
        more: 'With 0 it ends at once.',
      },
      {
        path: '/settings/authentication/api_key_rotation_reminder_days',
        label: 'Remind of a rotation after',
        unit: 'days',
        range: SETTING_RANGES.api_key_rotation_reminder_days,
        more: 'The list of agents marks older keys.',
      },
    ],
    others: [],
  },
  {
    id: 'retention',
    label: 'Retention and backup',
    intro: 'How long things are kept, and when copies are made.',
    numbers: [
      {
        path: '/settings/retention/message_months',
        label: 'Messages',
        unit: 'months',
        range: SETTING_RANGES.retention_months,
        more: 'Nobody reads older ones. They are moved to the archive of the server.',
      },
      {
        path: '/settings/retention/event_months',
        label: 'Events',
        unit: 'months',
        range: SETTING_RANGES.retention_months,
        more: 'Nobody reads older ones. They are moved to the archive of the server.',
      },
      {
        path: '/settings/deletion_grace_period_days',
        label: 'A deleted organization can be restored for',
        unit: 'days',
        range: SETTING_RANGES.deletion_grace_period_days,
        more: 'A deletion under way keeps its day.',
      },
      {
        path: '/settings/backup/retention_days',
        label: 'A backup is kept for',
        unit: 'days',
        range: SETTING_RANGES.backup_days,
        more: 'Backups that are there keep their day. They are listed with the exports.',
      },
    ],
    others: ['/settings/backup/enabled', '/settings/backup/schedule_cron', '/settings/backup/destination'],
  },
  {
    id: 'export',
    label: 'Export',
    title: 'Expiry',
    intro: 'Files of later exports are removed after this time.',
    admin: true,
    numbers: [
      {
        path: '/settings/export/expires_after_hours',
        label: 'A file can be downloaded for',
        unit: 'hours',
        range: SETTING_RANGES.export_hours,
      },
    ],
    others: [],
  },
  { id: 'work', label: 'Background work', intro: '', admin: true, numbers: [], others: [] },
  { id: 'danger', label: 'Danger zone', intro: '', admin: true, numbers: [], others: [] },
]

/** The hint of a number: its range, then the rest. */
export const hintOf = ({ range, more }: NumberSetting) => `${rangeInWords(range)}.${more ? ` ${more}` : ''}`

export const fieldsOf = ({ numbers, others }: SettingsTab): readonly FieldPath[] => [
  ...others,
  ...numbers.map(({ path }) => path),
]
