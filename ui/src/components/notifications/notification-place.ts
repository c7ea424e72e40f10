import type { Notification } from '@contracts/resources.ts'
import { paths } from '../../paths.ts'

/** The path of what a notification is about. */
export function placeOf(slug: string, { resource }: Pick<Notification, 'resource'>): string {
  const { type, id, channel_id, seq } = resource
  switch (type) {
    case 'message':
      return channel_id === null ? paths.channels(slug) : paths.channel(slug, channel_id, seq ?? undefined)
    case 'task':
      return paths.task(slug, id)
    case 'project':
      return paths.project(slug, id)
    case 'sub_agent':
      return paths.agents(slug)
    case 'user':
      return paths.agents(slug)
    case 'export':
      return paths.settings(slug, 'export')
  }
}

/** Glyph of the sprite for each type. */
export const NOTICE_ICONS: Readonly<Record<Notification['type'], string>> = {
  'task.assigned': 'tasks',
  'message.mention': 'at',
  'task.transitioned': 'right',
  'task.unblocked': 'check',
  'project.transitioned': 'projects',
  'sub_agent.ended': 'agent',
  'export.ready': 'download',
  'api_key.rotation_due': 'key',
}
