import type { Project } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, ref } from 'vue'
import { keys } from '../api/keys.ts'
import { projectApi } from '../api/projects.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { type EventLog, withFurther } from '../realtime/project-log.ts'

/** Projects at their end of life. */
export function useEndedProjects(slug: () => string) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.endedProjects(slug())),
    queryFn: () =>
      readCurrent<Project[]>(
        client,
        slug(),
        () => projectApi.ended(slug()),
        (projects, update) => (update.at === 'ended_projects' ? update.change(projects) : projects),
        (update) => asksFor(update, 'everything'),
      ),
  })
}

/** The log of a project, newest first, page by page. */
export function useProjectLog(slug: () => string, project_id: () => string) {
  const client = useQueryClient()
  const key = computed(() => keys.projectLog(slug(), project_id()))
  const query = useQuery({
    queryKey: key,
    queryFn: () => {
      const id = project_id()
      return readCurrent<EventLog>(
        client,
        slug(),
        () => projectApi.log(slug(), id),
        (log, update) => (update.at === 'project_log' && update.project_id === id ? update.change(log) : log),
        (update) => asksFor(update, 'everything'),
      )
    },
  })

  const reading = ref(false)
  async function readOlder() {
    const { next_cursor } = query.data.value ?? {}
    if (!next_cursor || reading.value) return
    reading.value = true
    const log_key = key.value
    try {
      const page = await projectApi.log(slug(), project_id(), next_cursor)
      client.setQueryData<EventLog>(log_key, (log) => log && withFurther(log, page))
    } finally {
      reading.value = false
    }
  }
  return { ...query, reading, readOlder }
}
