import type { Project } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { keys } from '../api/keys.ts'
import { projectApi } from '../api/projects.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'

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
