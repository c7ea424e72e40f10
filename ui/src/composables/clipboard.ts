import { copyToClipboard } from 'quasar'

/**
 * Copies text; answers whether it succeeded. Quasar falls back to a selection where the clipboard API is missing: it exists
 * on secure origins only, and a server in a private network may be plain HTTP.
 */
export async function copyText(text: string): Promise<boolean> {
  const focused = document.activeElement
  try {
    await copyToClipboard(text)
    return true
  } catch {
    // Neither way is permitted; the caller reports it.
    return false
  } finally {
    // The fallback moves the focus.
    if (focused instanceof HTMLElement) focused.focus()
  }
}
