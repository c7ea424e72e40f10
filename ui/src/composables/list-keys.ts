import { keyName } from './key-names.ts'

const STEPS: Record<string, 1 | -1> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }

/** Moves the focus between the items of a list by j and k or the arrows, from the item that has it. */
export function moveInList(event: KeyboardEvent, list: HTMLElement | undefined, item: string): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const step = STEPS[keyName(event)]
  if (step === undefined) return
  const items = [...(list?.querySelectorAll<HTMLElement>(item) ?? [])]
  const { activeElement } = document
  const at = activeElement instanceof HTMLElement ? items.indexOf(activeElement) : -1
  if (at < 0) return
  event.preventDefault()
  items[Math.min(Math.max(at + step, 0), items.length - 1)]?.focus()
}
