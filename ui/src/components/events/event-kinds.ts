import { EVENT_TYPES, type EventType } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

/** Kinds of events, each with its types and the glyph of its rows. */
export const EVENT_KINDS = kinds({
  task: 'tasks',
  project: 'projects',
  message: 'message',
  command: 'terminal',
  channel: 'hash',
  user: 'user',
  api_key: 'key',
  scim_token: 'link',
  auth: 'shield',
  org: 'settings',
  sub_agent: 'timer',
  export: 'download',
})

type KindOf<T extends EventType> = T extends `${infer Kind}.${string}` ? Kind : never
export type EventKind = KindOf<EventType>

/** A kind of the vocabulary without a glyph does not compile. */
function kinds(icons: Record<EventKind, string>) {
  return (Object.keys(icons) as EventKind[]).map((kind) => ({
    kind,
    label: t(`events.kind.${kind}`),
    icon: icons[kind],
    wanted: `${kind}.*`,
    types: EVENT_TYPES.filter((type) => type.startsWith(`${kind}.`)),
  }))
}

const ICONS: Partial<Record<string, string>> = {
  'task.evidence_added': 'pr',
  'task.evidence_removed': 'pr',
  'task.dependency_added': 'link',
  'task.dependency_removed': 'link',
  'task.assigned': 'user',
  'task.unassigned': 'user',
  'task.updated': 'edit',
  'project.updated': 'edit',
  'project.user_assigned': 'user',
  'project.user_unassigned': 'user',
  'channel.loop_paused': 'stop',
}

/** Glyph of an event type; unknown types have that of the log. */
export function iconOf(type: string): string {
  return ICONS[type] ?? EVENT_KINDS.find(({ kind }) => type.startsWith(`${kind}.`))?.icon ?? 'events'
}
