/** Moves the focus to the search field, wherever it is on the page; false when there is none. */
export function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('input[type="search"].searchinput')
  field?.focus()
  field?.select()
  return field !== null
}
