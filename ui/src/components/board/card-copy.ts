/** A picture of a card outside of its column: without ids, out of reach of keys and screen readers. */
export function copyOf(card: HTMLElement, look: string): HTMLElement {
  const copy = document.createElement('div')
  copy.className = `${card.className} ${look}`
  copy.append(...[...card.childNodes].map((node) => node.cloneNode(true)))
  for (const named of copy.querySelectorAll('[id]')) named.removeAttribute('id')
  copy.inert = true
  copy.ariaHidden = 'true'
  copy.style.width = `${card.offsetWidth}px`
  return copy
}
