import { FORWARD, startOf } from '../../composables/direction.ts'

/** Distance of the character at `offset` from the edge of its element where lines begin, in pixels. */
export function textStart(element: HTMLElement, offset: number): number {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let rest = offset
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0
    if (rest <= length) {
      const range = document.createRange()
      range.setStart(node, rest)
      range.setEnd(node, Math.min(length, rest + 1))
      const [character, edge] = [range, element].map((one) => startOf(one.getBoundingClientRect()))
      return FORWARD * ((character ?? 0) - (edge ?? 0))
    }
    rest -= length
  }
  return 0
}
