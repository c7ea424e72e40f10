import type { EventEnvelope } from '@contracts/events.ts'
import { t } from '../../i18n/index.ts'
import { paths } from '../../paths.ts'
import type { LogQuery } from './log-filter.ts'

/** A thing that an event is about, with the page that shows it and the filter of the log for it, if there is one. */
export type Subject = { name: string; to: string } & (
  | { what: 'task' | 'project' | 'channel'; only: Partial<LogQuery> }
  | { what: 'message'; only?: undefined }
)

export interface SubjectNames {
  task(id: string): string | undefined
  project(id: string): string | undefined
  channel(id: string): string | undefined
}

/** What an event is about, as far as the reader can open it. */
export function subjectsOf(event: EventEnvelope, slug: string, names: SubjectNames): Subject[] {
  const found: Subject[] = []
  const { task_id, channel_id, project_ids } = event
  if (task_id !== null) {
    const name =
      'task' in event.payload
        ? event.payload.task.title
        : (names.task(task_id) ?? t('events.subject_name.task'))
    found.push({ what: 'task', name, to: paths.task(slug, task_id), only: { task_id } })
  }
  for (const project_id of project_ids) {
    const name = names.project(project_id)
    if (name !== undefined)
      found.push({ what: 'project', name, to: paths.project(slug, project_id), only: { project_id } })
  }
  if (channel_id !== null) {
    const name = names.channel(channel_id)
    if (name !== undefined)
      found.push({ what: 'channel', name, to: paths.channel(slug, channel_id), only: { channel_id } })
  }
  if (event.type === 'message.created') {
    const { seq, channel_id: room } = event.payload.message
    const name = t('events.subject_name.message', { number: seq })
    found.push({ what: 'message', name, to: paths.channel(slug, room, seq) })
  }
  return found
}
