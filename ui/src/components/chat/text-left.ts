/** Distance of the character at `offset` from the left edge of its element, in pixels. */
export function textLeft(element: HTMLElement, offset: number): number {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let left = offset
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0
    if (left <= length) {
      const range = document.createRange()
      range.setStart(node, left)
      range.setEnd(node, Math.min(length, left + 1))
      return range.getBoundingClientRect().left - element.getBoundingClientRect().left
    }
    left -= length
  }
  return 0
}
