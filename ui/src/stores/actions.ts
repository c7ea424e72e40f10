import { defineStore } from 'pinia'
import { ref } from 'vue'
import { useCreateTask } from './create-task.ts'

/** An action that begins with a dialog, from any page. */
export type Action =
  | 'task'
  | 'channel'
  | 'project'
  | 'invite'
  | 'agent'
  | 'org'
  | 'names'
  | 'picture'
  | 'password'
  | 'email'
  | 'second_factor'
  | 'passkeys'
  | 'sessions'
  | 'identities'
  | 'sign_out'
  | 'shortcuts'

/** The dialog that the user asked for. One at a time, and shown by the shell. */
export const useActions = defineStore('actions', () => {
  const asked = ref<Action>()
  const open = ref(false)
  /** Whether the command palette is open. */
  const palette = ref(false)
  /** Whether the tray of notifications is open. */
  const tray = ref(false)

  const creation = useCreateTask()
  function ask(action: Action) {
    // Views open this dialog by its own store, with what the task begins with.
    if (action === 'task') return creation.open()
    asked.value = action
    open.value = true
  }
  function reset() {
    creation.close()
    asked.value = undefined
    open.value = false
    palette.value = false
    tray.value = false
  }
  return { asked, open, palette, tray, ask, reset }
})
