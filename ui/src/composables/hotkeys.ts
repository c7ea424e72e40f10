import { onKeyStroke, useLocalStorage } from '@vueuse/core'
import type { Ref } from 'vue'

/**
 * Whether shortcuts of a single key are on. The user can turn them off: speech input and tremor press them by accident
 * (WCAG 2.1.4).
 */
export function useSingleKeys(): Ref<boolean> {
  return useLocalStorage('mc.single_keys', true, { writeDefaults: false })
}

/**
 * Runs `run` for a key pressed outside of dialogs and, for a single key, outside of fields. `key` as in
 * `KeyboardEvent.key`, with `Alt+` or `Alt+Shift+` before it if needed.
 */
export function useHotkey(key: string, run: () => void): void {
  const single_keys = useSingleKeys()
  const alt = key.startsWith('Alt+')
  const shift = key.startsWith('Alt+Shift+')
  onKeyStroke(key.replace(/^Alt\+(Shift\+)?/, ''), (event) => {
    if (alt && event.shiftKey !== shift) return
    if (event.altKey !== alt || event.ctrlKey || event.metaKey || event.defaultPrevented) return
    if (!alt && (!single_keys.value || isField(event.target))) return
    if (document.querySelector('.q-dialog')) return
    event.preventDefault()
    run()
  })
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable="true"]') !== null
  )
}
