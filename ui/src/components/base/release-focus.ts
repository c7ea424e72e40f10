/** What fades out takes no more keys: a dialog that closes gives up the focus. Quasar brings it back after the transition. */
export function releaseFocus(): void {
  const focused = document.activeElement
  if (focused instanceof HTMLElement && focused.closest('.q-dialog')) focused.blur()
}
