/**
 * The on-screen keyboard, where it covers the page instead of making it smaller (Safari; Chromium follows
 * `interactive-widget`). The style `--keyboard` is the height that it covers, so that the composer stays above it.
 */
interface Page {
  readonly innerHeight: number
  readonly visualViewport: Pick<VisualViewport, 'height' | 'scale' | 'addEventListener'> | null
  readonly document: Pick<Document, 'querySelector'>
  scrollTo(x: number, y: number): void
}

/** Less than this is no keyboard: the bars of a browser come and go. Pixels. */
const KEYBOARD_MIN_PX = 80

/** The height that a keyboard covers, in pixels. A page that is zoomed in shows a part, too, and has no keyboard for that. */
export function coveredHeight({ innerHeight, visualViewport }: Pick<Page, 'innerHeight' | 'visualViewport'>) {
  if (!visualViewport || visualViewport.scale > 1.01) return 0
  const covered = Math.round(innerHeight - visualViewport.height)
  return covered < KEYBOARD_MIN_PX ? 0 : covered
}

export function keepAboveKeyboard(
  page: Page,
  style: Pick<CSSStyleDeclaration, 'setProperty' | 'removeProperty'>,
) {
  let shown = 0
  const update = () => {
    const covered = coveredHeight(page)
    if (covered === shown) return
    shown = covered
    if (covered === 0) style.removeProperty('--keyboard')
    else style.setProperty('--keyboard', `${covered}px`)
    // Safari moves the whole page up to show the field; with the space made, it is in view. A page outside of an org scrolls.
    if (page.document.querySelector('.shell')) page.scrollTo(0, 0)
  }
  page.visualViewport?.addEventListener('resize', update)
}
