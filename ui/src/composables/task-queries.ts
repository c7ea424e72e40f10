import type { Project, Task } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { taskApi } from '../api/tasks.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'

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
