import { computed, nextTick, ref } from 'vue'
import { usePhone, useWide } from '../../composables/viewport.ts'
import { useShell } from '../../stores/shell.ts'

/**
 * Whether the details of a channel are shown. In a wide window they stand beside the conversation and the choice is
 * remembered; elsewhere they lie over it and start closed. `focusToggle` gets the focus back when they close.
 */
export function useDetails(focusToggle: () => void) {
  const shell = useShell()
  const wide = useWide()
  const phone = usePhone()
  const overlay_open = ref(false)
  const details = computed({
    get: () => (wide.value ? shell.details : overlay_open.value),
    set(value: boolean) {
      if (wide.value) shell.details = value
      else overlay_open.value = value
    },
  })
  /** On a phone the details cover the conversation, which must then be inert. */
  const covered = computed(() => details.value && phone.value)

  async function closeDetails() {
    details.value = false
    await nextTick()
    focusToggle()
  }
  return { wide, details, covered, closeDetails }
}
