import type { Task } from '@contracts/resources.ts'
import type { Priority, TaskStatus, TaskType } from '@contracts/vocabulary.ts'
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

/** What a new task begins with. */
export interface NewTask {
  project_id?: string
  assignee_id?: string
  priority?: Priority
  type?: TaskType
  /** Where it goes as soon as it is there. */
  status?: TaskStatus
  /** Moves it there; a board asks for evidence. */
  move?: (task: Task) => unknown
}

/** What was typed and not created yet. */
export interface TaskDraft {
  title: string
  description: string
}

/** The dialog for a new task: any view opens it, the one in `CreateTaskHost` shows. */
export const useCreateTask = defineStore('create-task', () => {
  const asked = shallowRef<NewTask>()
  /** Counts the dialogs: one that is asked for while another fades out is a new one. */
  const nth = ref(0)
  /** By membership: an Escape loses nothing, and nobody sees another's. */
  const drafts = new Map<string, TaskDraft>()
  function open(start: NewTask = {}) {
    asked.value = start
    nth.value++
  }
  function close() {
    asked.value = undefined
  }
  return { asked, nth, drafts, open, close }
})
