/** How long a button says that it has copied. */
const SAID_MS = 2_000

/** Gives each block of code a button that copies it. Drawings and the like, which have no language, get none. */
export function copyButtons(page: Document): void {
  for (const head of page.querySelectorAll('.code-head')) {
    const button = page.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', async () => {
      const text = head.nextElementSibling?.textContent ?? ''
      button.textContent = (await copied(text)) ? 'Copied' : 'Select it and copy'
      setTimeout(() => {
        button.textContent = 'Copy'
      }, SAID_MS)
    })
    head.append(button)
  }
}

/** Whether the text is in the clipboard now: browsers have one on https and on this machine only. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // There is none, or it was refused: the button says what to do.
    return false
  }
}
