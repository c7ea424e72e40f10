import type { Channel, Project, Task, User } from '@contracts/resources.ts'
import type { ProjectStage, TaskStatus } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'
import { paths } from '../../paths.ts'
import type { Visit } from '../../stores/visits.ts'
import type { Face } from '../base/identity.ts'
import { isolate } from '../base/isolate.ts'
import { STAGE_WORDS } from '../projects/project-words.ts'
import { PLACES } from '../shell/places.ts'
import type { Matchable } from './match.ts'

export const GROUPS = ['recent', 'go', 'do', 'people'] as const
export type Group = (typeof GROUPS)[number]

/** What stands before the title: one glyph of the motif that the thing has everywhere. */
export type Look = { icon: string } | { stage: ProjectStage } | { status: TaskStatus } | { face: Face }

/** A line of the palette: a place to open, or an action to run. */
export interface Entry extends Matchable {
  id: string
  group: Group
  look: Look
  about?: string
  keys?: readonly string[]
  does: { open: string } | { run: () => void }
}

/** What the entries are made of; undefined while it is not read yet. */
export interface Known {
  slug: string
  channels: readonly Channel[] | undefined
  projects: readonly Project[] | undefined
  tasks: readonly Task[] | undefined
  members: readonly User[] | undefined
}

export function placeEntries(slug: string): Entry[] {
  return PLACES.map(({ name, icon, letter, path }) => ({
    id: `place-${name}`,
    group: 'go',
    look: { icon },
    title: name,
    ...(letter === undefined ? {} : { keys: ['G', letter.toUpperCase()] }),
    does: { open: path(slug) },
  }))
}

export function channelEntry(channel: Channel, { slug, projects }: Known): Entry {
  const project = projects?.find(({ id }) => id === channel.project_id)
  const { mention_count: mentions, unread_count: unread } = channel

  return {
    id: `channel-${channel.id}`,
    group: 'go',
    look: project ? { stage: project.stage } : { icon: 'hash' },
    title: channel.name,
    about: t('shell.palette.channel', { muted: channel.muted, mentions, unread }),
    does: { open: paths.channel(slug, channel.id) },
  }
}

export function projectEntry(project: Project, slug: string): Entry {
  const ended = project.stage === 'end-of-life'
  return {
    id: `project-${project.id}`,
    group: 'go',
    look: { stage: project.stage },
    title: project.name,
    about: ended
      ? t('shell.palette.project_ended')
      : t('shell.palette.project', { stage: STAGE_WORDS[project.stage] }),
    does: { open: paths.project(slug, project.id) },
  }
}

export function taskEntry(task: Task, { slug, projects }: Known): Entry {
  const project = projects?.find(({ id }) => task.project_ids.includes(id))
  const about = { status: t(`shell.palette.status.${task.status}`), archived: task.archived_at !== null }
  return {
    id: `task-${task.id}`,
    group: 'go',
    look: { status: task.status },
    title: task.title,
    about: project
      ? t('shell.palette.task_in', { ...about, project: isolate(project.name) })
      : t('shell.palette.task', about),
    does: { open: paths.task(slug, task.id) },
  }
}

export function personEntry(user: User, slug: string): Entry {
  return {
    id: `person-${user.id}`,
    group: 'people',
    look: { face: user },
    title: user.display_name,
    words: user.username,
    about: t('shell.palette.person', {
      role: user.type === 'agent' ? t('common.kind.agent') : t(`common.role.${user.role}`),
      username: user.username,
    }),
    does: { open: paths.members(slug, user.username) },
  }
}

/** Entries of what was opened last, without what the reader no longer has. */
export function visitEntries(visits: readonly Visit[], known: Known): Entry[] {
  return visits.flatMap(({ kind, id }): Entry[] => {
    const entry = visitEntry(kind, id, known)
    return entry ? [{ ...entry, group: 'recent', recent: true }] : []
  })
}

function visitEntry(kind: Visit['kind'], id: string, known: Known): Entry | undefined {
  switch (kind) {
    case 'channel': {
      const channel = known.channels?.find((one) => one.id === id)
      return channel && channelEntry(channel, known)
    }
    case 'task': {
      const task = known.tasks?.find((one) => one.id === id)
      return task && taskEntry(task, known)
    }
    case 'project': {
      const project = known.projects?.find((one) => one.id === id)
      return project && projectEntry(project, known.slug)
    }
  }
}
