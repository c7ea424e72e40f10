/**
 * Takes the focus from what fades out, which takes no more keys then; Quasar brings the focus back after the transition.
 * Another dialog that opens meanwhile keeps its own.
 */
export function releaseFocus(closing: Element | undefined): void {
  const focused = document.activeElement
  if (focused instanceof HTMLElement && closing?.contains(focused)) focused.blur()
}
