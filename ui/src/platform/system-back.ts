/** What the back button of the system does, in this order. */
export type BackStep = 'overlay' | 'history' | 'up' | 'leave'

/** A dialog, a sheet, a menu, the tray, the details of a channel over the conversation. */
const OVERLAYS = '.q-dialog, .q-menu, [role="dialog"], .rail'

/**
 * Closes what lies over the page, by the key that closes it everywhere; a dialog that shows something once ignores that. Answers
 * whether there was anything.
 */
export function closeOverlay(page: Document): boolean {
  const overlay = [...page.querySelectorAll<HTMLElement>(OVERLAYS)].filter((one) => !isLeaving(one)).at(-1)
  if (!overlay) return false
  const target = overlay.contains(page.activeElement) ? page.activeElement : overlay
  for (const type of ['keydown', 'keyup'])
    target?.dispatchEvent(
      new KeyboardEvent(type, {
        key: 'Escape',
        code: 'Escape',
        keyCode: 27,
        bubbles: true,
        cancelable: true,
      }),
    )
  return true
}

/** Whether it fades out already: a second press means what is below. */
function isLeaving(overlay: HTMLElement): boolean {
  return (
    overlay.matches('[class*="leave-active"]') || overlay.querySelector('[class*="leave-active"]') !== null
  )
}

/** The page above one of an org that a link opened directly: its list. Undefined at the top. */
export function pathAbove(path: string): string | undefined {
  const found = /^(\/o\/[^/]+\/(?:channels|tasks|projects))\/[^/]+$/.exec(path)
  return found?.[1]
}

/** The step for a page: `has_history` of the app, so that back never leads out of it into what was before. */
export function backStep(has_overlay: boolean, has_history: boolean, path: string): BackStep {
  if (has_overlay) return 'overlay'
  if (has_history) return 'history'
  return pathAbove(path) === undefined ? 'leave' : 'up'
}
