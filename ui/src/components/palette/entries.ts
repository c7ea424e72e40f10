import type { Channel, Project, Task, User } from '@contracts/resources.ts'
import type { ProjectStage, TaskStatus } from '@contracts/vocabulary.ts'
import { paths } from '../../paths.ts'
import type { Visit } from '../../stores/visits.ts'
import type { Face } from '../base/identity.ts'
import { isolate } from '../base/isolate.ts'
import { STAGE_WORDS } from '../projects/project-words.ts'
import { PLACES } from '../shell/places.ts'
import { STATUS_WORDS } from '../tasks/task-words.ts'
import type { Matchable } from './match.ts'

export const GROUPS = ['Recent', 'Go to', 'Do', 'People'] as const
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
    group: 'Go to',
    look: { icon },
    title: name,
    ...(letter === undefined ? {} : { keys: ['G', letter.toUpperCase()] }),
    does: { open: path(slug) },
  }))
}

export function channelEntry(channel: Channel, { slug, projects }: Known): Entry {
  const project = projects?.find(({ id }) => id === channel.project_id)
  const { mention_count: mentions, unread_count: unread } = channel
  const news = mentions > 0 ? `, ${counted(mentions, 'mention')}` : unread > 0 ? `, ${unread} unread` : ''
  return {
    id: `channel-${channel.id}`,
    group: 'Go to',
    look: project ? { stage: project.stage } : { icon: 'hash' },
    title: channel.name,
    about: `${channel.muted ? 'muted ' : ''}channel${news}`,
    does: { open: paths.channel(slug, channel.id) },
  }
}

export function projectEntry(project: Project, slug: string): Entry {
  const ended = project.stage === 'end-of-life'
  return {
    id: `project-${project.id}`,
    group: 'Go to',
    look: { stage: project.stage },
    title: project.name,
    about: ended ? 'project at its end of life' : `project in ${STAGE_WORDS[project.stage]}`,
    does: { open: paths.project(slug, project.id) },
  }
}

export function taskEntry(task: Task, { slug, projects }: Known): Entry {
  const project = projects?.find(({ id }) => task.project_ids.includes(id))
  const archived = task.archived_at === null ? '' : ', archived'
  return {
    id: `task-${task.id}`,
    group: 'Go to',
    look: { status: task.status },
    title: task.title,
    about: `${STATUS_WORDS[task.status].toLowerCase()} task${project ? ` in ${isolate(project.name)}` : ''}${archived}`,
    does: { open: paths.task(slug, task.id) },
  }
}

export function personEntry(user: User, slug: string): Entry {
  return {
    id: `person-${user.id}`,
    group: 'People',
    look: { face: user },
    title: user.display_name,
    words: user.username,
    about: `${user.type === 'agent' ? 'agent' : user.role}, @${user.username}`,
    does: { open: paths.members(slug, user.username) },
  }
}

/** Entries of what was opened last, without what the reader no longer has. */
export function visitEntries(visits: readonly Visit[], known: Known): Entry[] {
  return visits.flatMap(({ kind, id }): Entry[] => {
    const entry = visitEntry(kind, id, known)
    return entry ? [{ ...entry, group: 'Recent', recent: true }] : []
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

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
