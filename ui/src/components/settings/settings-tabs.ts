import { OrgSettings } from '@contracts/settings.ts'
import type { FieldPath } from './settings-rules.ts'

/** A whole number of the settings; its range is that of the server's schema. */
export interface NumberSetting {
  path: FieldPath
  label: string
  unit: string
  hint: string
}

export interface SettingsTab {
  id: string
  label: string
  intro: string
  /** Only administrators see it. */
  admin?: true
  numbers: readonly NumberSetting[]
  /** Fields besides the numbers. */
  others: readonly FieldPath[]
}

const { connection_limits, retention, api_keys, authentication, agent_limits } = OrgSettings.properties
const { loop_brake } = agent_limits.properties

const number = new Intl.NumberFormat('en')
const range = ({ minimum = 0, maximum = 0 }: { minimum?: number; maximum?: number }) =>
  `${number.format(minimum)} to ${number.format(maximum)}`

/** Tabs of the settings that this version of the server acts on or keeps, in their order. */
export const SETTINGS_TABS: readonly SettingsTab[] = [
  {
    id: 'general',
    label: 'General',
    intro: 'How the organization is called.',
    numbers: [],
    others: ['/name'],
  },
  {
    id: 'defaults',
    label: 'Task defaults',
    intro: 'What a new task begins with, where its creator says nothing else.',
    numbers: [],
    others: ['/settings/task_defaults/priority', '/settings/task_defaults/required_evidence_types'],
  },
  { id: 'members', label: 'People and keys', intro: '', numbers: [], others: [] },
  {
    id: 'agents',
    label: 'Agent limits',
    intro: 'Agents that answer each other without end are paused in their channel until a person writes.',
    numbers: [
      {
        path: '/settings/agent_limits/loop_brake/messages',
        label: 'Messages of agents in a row',
        unit: 'messages',
        hint: `${range(loop_brake.properties.messages)}; 0 turns the pause off.`,
      },
      {
        path: '/settings/agent_limits/loop_brake/minutes',
        label: 'Length of the pause',
        unit: 'minutes',
        hint: `${range(loop_brake.properties.minutes)}.`,
      },
    ],
    others: [],
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
        hint: `${range(connection_limits.properties.sse)}. Every browser and every agent has one.`,
      },
      {
        path: '/settings/connection_limits/websocket',
        label: 'Chat sockets',
        unit: 'sockets',
        hint: `${range(connection_limits.properties.websocket)}. Every open tab has one.`,
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
        hint: `${range(api_keys.properties.rotation_grace_hours)}; with 0 it ends at once.`,
      },
      {
        path: '/settings/authentication/api_key_rotation_reminder_days',
        label: 'Remind of a rotation after',
        unit: 'days',
        hint: `${range(authentication.properties.api_key_rotation_reminder_days)}. The list of agents marks older keys.`,
      },
    ],
    others: [],
  },
  {
    id: 'retention',
    label: 'Retention',
    intro: 'How long things are kept.',
    numbers: [
      {
        path: '/settings/retention/message_months',
        label: 'Messages',
        unit: 'months',
        hint: `${range(retention.properties.message_months)}. This version of the server removes none yet.`,
      },
      {
        path: '/settings/retention/event_months',
        label: 'Events',
        unit: 'months',
        hint: `${range(retention.properties.event_months)}. This version of the server removes none yet.`,
      },
      {
        path: '/settings/deletion_grace_period_days',
        label: 'A deleted organization can be restored for',
        unit: 'days',
        hint: `${range(OrgSettings.properties.deletion_grace_period_days)}. A deletion under way keeps its day.`,
      },
    ],
    others: [],
  },
  { id: 'danger', label: 'Danger zone', intro: '', admin: true, numbers: [], others: [] },
]

export const fieldsOf = ({ numbers, others }: SettingsTab): readonly FieldPath[] => [
  ...others,
  ...numbers.map(({ path }) => path),
]
