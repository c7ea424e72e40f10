import { useDocumentVisibility, useWindowFocus } from '@vueuse/core'
import { computed, type Ref } from 'vue'

/** Whether the user looks at this page: it is visible and has the focus. */
export function usePageFocus(): Readonly<Ref<boolean>> {
  const visibility = useDocumentVisibility()
  const focused = useWindowFocus()
  return computed(() => visibility.value === 'visible' && focused.value)
}
