import { defineStore } from 'pinia'
import { ref } from 'vue'

/** An action that begins with a dialog, from any page. */
export type Action =
  | 'task'
  | 'channel'
  | 'project'
  | 'invite'
  | 'agent'
  | 'org'
  | 'names'
  | 'password'
  | 'sessions'
  | 'sign_out'
  | 'shortcuts'

/** The dialog that the user asked for. One at a time, and shown by the shell. */
export const useActions = defineStore('actions', () => {
  const asked = ref<Action>()
  const open = ref(false)
  /** The project that a new task begins with. */
  const project_id = ref('')
  /** Whether the command palette is open. */
  const palette = ref(false)

  function ask(action: Action, options: { project_id?: string } = {}) {
    asked.value = action
    project_id.value = options.project_id ?? ''
    open.value = true
  }
  function reset() {
    asked.value = undefined
    open.value = false
    palette.value = false
  }
  return { asked, open, project_id, palette, ask, reset }
})
