import { onScopeDispose, type Ref, ref } from 'vue'

/** Whether somebody looks at this page: it is visible and has the focus. */
export function useFocus(): Readonly<Ref<boolean>> {
  const look = () => document.visibilityState === 'visible' && document.hasFocus()
  const focused = ref(look())
  const changed = () => {
    focused.value = look()
  }
  window.addEventListener('focus', changed)
  window.addEventListener('blur', changed)
  document.addEventListener('visibilitychange', changed)
  onScopeDispose(() => {
    window.removeEventListener('focus', changed)
    window.removeEventListener('blur', changed)
    document.removeEventListener('visibilitychange', changed)
  })
  return focused
}
