import type { Channel } from '@contracts/resources.ts'
import { computed } from 'vue'
import { useProjects, useTaskSlice } from '../../composables/task-queries.ts'
import { summariesOf, summaryOf } from '../projects/project-rules.ts'
import { compareOpen } from '../tasks/open-order.ts'

/** The project of a channel, its tasks by status, and the open ones, nearest to completion first. */
export function useChannelProject(slug: () => string, channel: () => Channel) {
  const id = computed(() => channel().project_id)
  const { data: projects } = useProjects(slug)
  const tasks = useTaskSlice(slug, () => (id.value === null ? undefined : { project_id: id.value }))
  const project = computed(() => projects.value?.find((one) => one.id === id.value))
  const summary = computed(
    () => project.value && summaryOf(project.value, tasks.value && summariesOf(tasks.value)),
  )
  const open_tasks = computed(() =>
    tasks.value?.filter(({ status }) => status !== 'complete').sort(compareOpen),
  )
  return { project, summary, open_tasks }
}
