/** Fields of forms that a person has changed. The text of a message is stored as it is typed, and a search is soon typed again. */
const changed = new Set<Field>()

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

const STORED = '.composer, [role="search"]'

/** Whether a reload would lose what a person has typed. */
export function holdsTypedText(): boolean {
  for (const field of changed) if (!field.isConnected) changed.delete(field)
  return [...changed].some(({ value }) => value !== '')
}

/** Begins to note which fields are changed. */
export function watchTyping(page: Document): void {
  page.addEventListener(
    'input',
    ({ target }) => {
      if (
        target instanceof HTMLElement &&
        isField(target) &&
        target.closest('form') &&
        !target.closest(STORED)
      )
        changed.add(target)
    },
    { capture: true, passive: true },
  )
}

const isField = (element: HTMLElement): element is Field => element.matches('input, textarea, select')
