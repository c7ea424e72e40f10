import { onScopeDispose } from 'vue'
import { readLocal, writeLocal } from '../stores/local.ts'

const KEY = 'mc.single_keys'

/** Keys without Ctrl or Alt can be turned off: speech input and shaky hands press them by accident (WCAG 2.1.4). */
export function singleKeysOn(): boolean {
  return readLocal(KEY) !== 'off'
}

export function setSingleKeys(on: boolean): void {
  writeLocal(KEY, on ? undefined : 'off')
}

/** Runs `run` for a key pressed outside of fields and dialogs. `key` as in `KeyboardEvent.key`, with `Alt+` before it if needed. */
export function useHotkey(key: string, run: () => void): void {
  const alt = key.startsWith('Alt+')
  const plain = alt ? key.slice('Alt+'.length) : key
  const pressed = (event: KeyboardEvent) => {
    if (
      event.key !== plain ||
      event.altKey !== alt ||
      event.ctrlKey ||
      event.metaKey ||
      event.defaultPrevented
    )
      return
    if (!alt && (!singleKeysOn() || inField(event.target))) return
    if (document.querySelector('.q-dialog')) return
    event.preventDefault()
    run()
  }
  window.addEventListener('keydown', pressed)
  onScopeDispose(() => window.removeEventListener('keydown', pressed))
}

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable="true"]') !== null
  )
}
