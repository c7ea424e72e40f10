import type { Project, Task } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, ref, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { taskApi } from '../api/tasks.ts'
import { t } from '../i18n/index.ts'
import { asksFor, type History } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { withNewest } from '../realtime/event-log.ts'
import { type SliceOf, type TaskSlice, withSliceChanged } from '../realtime/task-slice.ts'
import { toastFailure } from './toast.ts'

/** All tasks of an org but the archived ones. Filters run on this list, so an event moves a task across them at once. */
export function useTasks(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.tasks(toValue(slug))),
    queryFn: () =>
      readCurrent<Task[]>(
        client,
        toValue(slug),
        () => taskApi.tasks(toValue(slug)),
        (tasks, update) => (update.at === 'tasks' ? update.change(tasks) : tasks),
        (update) => asksFor(update, 'everything'),
      ),
  })
}

/** A part of the tasks, kept current by the same updates as the whole list; off without `of`. */
export function useTaskSlice(slug: MaybeRefOrGetter<string>, of: MaybeRefOrGetter<SliceOf | undefined>) {
  const client = useQueryClient()
  const asked = computed(() => toValue(of))
  const { data } = useQuery({
    queryKey: computed(() => keys.taskSlice(toValue(slug), asked.value ?? { project_id: '' })),
    queryFn: () => {
      const slice = asked.value ?? { project_id: '' }
      return readCurrent<TaskSlice>(
        client,
        toValue(slug),
        async () => ({
          of: slice,
          tasks:
            'project_id' in slice
              ? await taskApi.tasksOfProject(toValue(slug), slice.project_id)
              : await taskApi.openTasksOf(toValue(slug), slice.assignee_id),
        }),
        (data, update) => (update.at === 'tasks' ? withSliceChanged(data, update.change) : data),
        (update) => asksFor(update, 'everything'),
      )
    },
    enabled: computed(() => asked.value !== undefined),
  })
  return computed(() => (asked.value === undefined ? undefined : data.value?.tasks))
}

/** Archived tasks: read when a filter asks for them. */
export function useArchivedTasks(slug: MaybeRefOrGetter<string>, enabled: () => boolean) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.archivedTasks(toValue(slug))),
    queryFn: () =>
      readCurrent<Task[]>(
        client,
        toValue(slug),
        () => taskApi.archived(toValue(slug)),
        (tasks, update) => (update.at === 'archived_tasks' ? update.change(tasks) : tasks),
        (update) => asksFor(update, 'everything'),
      ),
    enabled: computed(enabled),
  })
}

/** All projects of an org but those at their end of life. */
export function useProjects(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.projects(toValue(slug))),
    queryFn: () =>
      readCurrent<Project[]>(
        client,
        toValue(slug),
        () => taskApi.projects(toValue(slug)),
        (projects, update) => (update.at === 'projects' ? update.change(projects) : projects),
        (update) => asksFor(update, 'everything'),
      ),
  })
}

/** A task that is not in the list, e.g. an archived one behind a link. */
export function useLooseTask(slug: () => string, task_id: () => string, enabled: () => boolean) {
  return useQuery({
    queryKey: computed(() => keys.task(slug(), task_id())),
    queryFn: () => taskApi.task(slug(), task_id()),
    enabled: computed(enabled),
    retry: false,
  })
}

/** Events of a task, newest first; older pages on request. */
export function useTaskHistory(slug: () => string, task_id: () => string) {
  const client = useQueryClient()
  const key = computed(() => keys.taskHistory(slug(), task_id()))
  const query = useQuery({
    queryKey: key,
    queryFn: () => {
      const id = task_id()
      return readCurrent<History>(
        client,
        slug(),
        async () => {
          const page = await taskApi.history(slug(), id)
          return withNewest(client.getQueryData<History>(keys.taskHistory(slug(), id)), page)
        },
        (history, update) =>
          update.at === 'task_history' && update.task_id === id ? update.change(history) : history,
        (update) => asksFor(update, 'everything'),
      )
    },
  })

  const reading = ref(false)
  async function readOlder() {
    const cursor = query.data.value?.next_cursor
    if (!cursor || reading.value) return
    reading.value = true
    const of_task = key.value
    try {
      const page = await taskApi.history(slug(), task_id(), cursor)
      client.setQueryData<History>(of_task, (history) =>
        history?.next_cursor === cursor ? { ...page, data: [...history.data, ...page.data] } : history,
      )
    } catch (failure) {
      toastFailure(t('common.history_unread'), failure)
    } finally {
      reading.value = false
    }
  }
  return { history: query.data, reading, readOlder }
}
