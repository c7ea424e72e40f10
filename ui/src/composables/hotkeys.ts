import { onKeyStroke, useEventListener, useLocalStorage } from '@vueuse/core'
import { onScopeDispose, type Ref, ref } from 'vue'
import { realTimers } from '../realtime/timers.ts'
import { keyName } from './key-names.ts'
import { KeySequence } from './key-sequence.ts'

/**
 * Whether shortcuts of a single key are on. The user can turn them off: speech input and tremor press them by accident
 * (WCAG 2.1.4).
 */
export function useSingleKeys(): Ref<boolean> {
  return useLocalStorage('mc.single_keys', true, { writeDefaults: false })
}

/** Who waits for a key, the view inside after the shell around it. */
const waiting_for = new Map<string, symbol[]>()

/**
 * Runs `run` for a key pressed outside of dialogs and, for a single key, outside of fields. `key` as {@link keyName} names
 * it, with `Alt+` or `Alt+Shift+` before it if needed. Of several components with the same key the last one has it: a
 * view knows more than the shell.
 */
export function useHotkey(key: string, run: () => void): void {
  const single_keys = useSingleKeys()
  const own = Symbol(key)
  waiting_for.set(key, [...(waiting_for.get(key) ?? []), own])
  onScopeDispose(() => {
    waiting_for.set(key, waiting_for.get(key)?.filter((one) => one !== own) ?? [])
  })
  const alt = key.startsWith('Alt+')
  const shift = key.startsWith('Alt+Shift+')
  const name = key.replace(/^Alt\+(Shift\+)?/, '')
  onKeyStroke(
    (event) => keyName(event) === name,
    (event) => {
      if (waiting_for.get(key)?.at(-1) !== own) return
      if (alt && event.shiftKey !== shift) return
      if (event.altKey !== alt || event.ctrlKey || event.metaKey || event.defaultPrevented) return
      if (!alt && (!single_keys.value || isField(event.target))) return
      if (inDialog()) return
      event.preventDefault()
      run()
    },
  )
}

/** Runs `run` for Ctrl or ⌘ with a key, also while the user writes, but not in a dialog. */
export function useCommandKey(key: string, run: () => void): void {
  onKeyStroke(
    (event) => keyName(event) === key,
    (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || inDialog()) return
      event.preventDefault()
      run()
    },
  )
}

/**
 * A first key and then one of `seconds`, under the rules of single keys. Answers whether the second key is awaited. The
 * sequence takes its keys before other shortcuts see them.
 */
export function useKeySequence(first: string, seconds: Readonly<Record<string, () => void>>): Ref<boolean> {
  const single_keys = useSingleKeys()
  const waiting = ref(false)
  const sequence = new KeySequence(first, seconds, {
    after: realTimers.after,
    waiting: (is) => {
      waiting.value = is
    },
  })
  onScopeDispose(() => sequence.end())
  useEventListener(window, 'pointerdown', () => sequence.end(), { capture: true })
  useEventListener(
    window,
    'keydown',
    (event) => {
      const free = !event.altKey && !event.ctrlKey && !event.metaKey && !event.repeat
      if (!free || !single_keys.value || isField(event.target) || inDialog()) return sequence.end()
      if (!sequence.press(keyName(event))) return
      event.preventDefault()
      event.stopImmediatePropagation()
    },
    { capture: true },
  )
  return waiting
}

/** A dialog takes all keys, until it begins to fade out: the focus is back on the page then. */
function inDialog(): boolean {
  return document.querySelector('.q-dialog__inner:not([class*="-leave-active"])') !== null
}

export function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable="true"]') !== null
  )
}
