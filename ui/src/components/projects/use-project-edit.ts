import type { ProjectPatch } from '@contracts/requests.ts'
import type { Project } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, ref } from 'vue'
import { projectApi } from '../../api/projects.ts'
import { toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { projectUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { withoutAssigned } from '../../realtime/task-list.ts'

/** Changes of one project. An answer goes into the cache by the rule of events; a failure is a toast. */
export function useProjectEdit(slug: () => string, project: () => Project | undefined) {
  const client = useQueryClient()
  /** Counts failures: fields that show a refused value are drawn again. */
  const refused = ref(0)
  const apply = (changed: Project) => writeUpdates(client, slug(), projectUpdates(changed))

  async function attempt(what: string, run: (project: Project) => Promise<unknown>) {
    const current = project()
    if (!current) return false
    try {
      await run(current)
      return true
    } catch (failure) {
      refused.value++
      toastFailure(what, failure)
      return false
    }
  }
  async function save(id: string, body: ProjectPatch, version: number) {
    apply(await projectApi.update(slug(), id, body, version))
  }

  const patch = (body: ProjectPatch) =>
    attempt(t('projects.edit.not_saved'), ({ id, version }) => save(id, body, version))
  const assign = (user_id: string) =>
    attempt(t('projects.edit.not_assigned'), async ({ id }) =>
      apply(await projectApi.assign(slug(), id, user_id)),
    )
  const unassign = (user_id: string) =>
    attempt(t('projects.edit.not_taken_off'), async ({ id }) => {
      await projectApi.unassign(slug(), id, user_id)
      writeUpdates(client, slug(), [
        { at: 'projects', change: (projects) => withoutAssigned(projects, id, user_id) },
        { at: 'ended_projects', change: (projects) => withoutAssigned(projects, id, user_id) },
      ])
    })

  return { refused, patch, save, assign, unassign }
}

export type ProjectEdit = ReturnType<typeof useProjectEdit>
export const projectEditKey: InjectionKey<ProjectEdit> = Symbol('project edit')
