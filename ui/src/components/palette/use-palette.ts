import type { Task } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { keys } from '../../api/keys.ts'
import { useChannels, useMembers } from '../../composables/queries.ts'
import { useProjects } from '../../composables/task-queries.ts'
import { visits } from '../../stores/visits.ts'
import {
  channelEntry,
  type Entry,
  GROUPS,
  type Group,
  type Known,
  personEntry,
  placeEntries,
  projectEntry,
  taskEntry,
  visitEntries,
} from './entries.ts'
import { matching } from './match.ts'
import { useActionEntries } from './use-action-entries.ts'
import { useFound } from './use-found.ts'

/** Entries of each group for a text; with what the server finds no more than twice as many. */
const SHOWN_MAX = 6

/** The lines of the palette for a text, in groups. */
export function usePalette(options: { slug: () => string; text: Ref<string>; sidebar: () => boolean }) {
  const { slug, text } = options
  const client = useQueryClient()
  const { data: channels } = useChannels(slug)
  const { data: projects } = useProjects(slug)
  const { data: members } = useMembers(slug)
  const actions = useActionEntries(slug, options)
  const found = useFound(slug, text)

  const known = computed(
    (): Known => ({
      slug: slug(),
      channels: channels.value,
      projects: projects.value,
      // Only if a board has read them: the palette itself asks the server for titles.
      tasks: client.getQueryData<Task[]>(keys.tasks(slug())),
      members: members.value,
    }),
  )
  const recent = computed(() => visitEntries(visits(slug()), known.value))
  const places = computed(() => placeEntries(slug()))
  const rooms = computed(() => (channels.value ?? []).map((channel) => channelEntry(channel, known.value)))
  const plans = computed(() => (projects.value ?? []).map((project) => projectEntry(project, slug())))
  const people = computed(() =>
    (members.value ?? [])
      .filter(({ status }) => status !== 'deactivated')
      .map((user) => personEntry(user, slug())),
  )

  const entries = computed(() => (text.value === '' ? offered() : fitting(text.value)))
  const groups = computed(() =>
    GROUPS.map((name) => ({ name, entries: entries.value.filter(({ group }) => group === name) })).filter(
      ({ entries: some }) => some.length > 0,
    ),
  )

  /** Without a text: the last places, then all of them, then what can be done. */
  function offered(): Entry[] {
    return [...recent.value.slice(0, SHOWN_MAX), ...places.value, ...actions.value]
  }

  function fitting(query: string): Entry[] {
    const visited = new Set(recent.value.map(({ id }) => id))
    const fit = (all: readonly Entry[]) =>
      matching(
        all.map((entry) => (visited.has(entry.id) ? { ...entry, recent: true } : entry)),
        query,
        SHOWN_MAX,
      )
    const of = (group: Group) => actions.value.filter((entry) => entry.group === group)
    const opened = recent.value.filter(({ id }) => id.startsWith('task-'))
    return distinct([
      ...fit([...places.value, ...rooms.value, ...plans.value, ...of('go'), ...opened]),
      ...found.projects.value.map((project) => projectEntry(project, slug())),
      ...found.tasks.value.map((task) => taskEntry(task, known.value)),
      ...fit(of('do')),
      ...fit(people.value),
      ...found.users.value.map((user) => personEntry(user, slug())),
    ]).map((entry) => (entry.group === 'recent' ? { ...entry, group: 'go' } : entry))
  }

  return { groups, entries, busy: found.busy, failed: found.failed }
}

function distinct(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.toReversed().map((entry) => [entry.id, entry])).values()].toReversed()
}
