import type { Project, Task, User } from '@contracts/resources.ts'
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { refDebounced } from '@vueuse/core'
import { computed, type Ref } from 'vue'
import { findApi } from '../../api/find.ts'
import { keys } from '../../api/keys.ts'

/** Between keys: the server is asked for the last text only. */
const ASK_AFTER_MS = 300
/** A single letter begins too many words. */
const LETTERS_MIN = 2
/** No event keeps an answer current. */
const KEPT_MS = 10_000

/** What the server finds for a text. The answer before stays until the next one is there. */
export function useFound(slug: () => string, text: Ref<string>) {
  const settled = refDebounced(text, ASK_AFTER_MS)
  const enabled = computed(() => [...settled.value].length >= LETTERS_MIN)
  const options = { enabled, placeholderData: keepPreviousData, staleTime: KEPT_MS, gcTime: KEPT_MS }
  const tasks = useQuery({
    ...options,
    queryKey: computed(() => keys.found(slug(), 'tasks', settled.value)),
    queryFn: ({ signal }): Promise<Task[]> => findApi.tasks(slug(), settled.value, signal),
  })
  const projects = useQuery({
    ...options,
    queryKey: computed(() => keys.found(slug(), 'projects', settled.value)),
    queryFn: ({ signal }): Promise<Project[]> => findApi.projects(slug(), settled.value, signal),
  })
  const users = useQuery({
    ...options,
    queryKey: computed(() => keys.found(slug(), 'users', settled.value)),
    queryFn: ({ signal }): Promise<User[]> => findApi.users(slug(), settled.value, signal),
  })
  const all = [tasks, projects, users]
  return {
    tasks: computed(() => (enabled.value ? (tasks.data.value ?? []) : [])),
    projects: computed(() => (enabled.value ? (projects.data.value ?? []) : [])),
    users: computed(() => (enabled.value ? (users.data.value ?? []) : [])),
    /** Not all of the text is answered yet. */
    busy: computed(
      () =>
        [...text.value].length >= LETTERS_MIN &&
        (settled.value !== text.value || all.some(({ isFetching }) => isFetching.value)),
    ),
    failed: computed(() => all.some(({ isError }) => isError.value)),
  }
}
