import { type Ref, ref, watch } from 'vue'
import { BACKWARD, FORWARD, startOf } from '../../composables/direction.ts'

/** The columns of a board: all side by side, on a phone one at a time with a swipe to the next; arrow keys go from card to card. */
export function useColumns<P extends string>(
  root: Ref<HTMLElement | undefined>,
  places: () => readonly P[],
  phone: () => boolean,
  first: P,
) {
  /** The column on a phone. */
  const current: Ref<P> = ref(first) as Ref<P>
  const columnOf = (place: P) => root.value?.children[places().indexOf(place)]
  const startIn = ({ offsetLeft: left, offsetWidth }: HTMLElement) =>
    startOf({ left, right: left + offsetWidth })

  function scrollTo(place: P) {
    const column = columnOf(place)
    // From right to left, `scrollLeft` is 0 at the right end, and negative.
    if (column instanceof HTMLElement && root.value)
      root.value.scrollTo({ left: startIn(column) - startIn(root.value) })
  }
  function choose(place: P) {
    current.value = place
    scrollTo(place)
  }
  /** The column that a swipe brought. */
  function scrolled() {
    const element = root.value
    if (!phone() || !element || element.clientWidth === 0) return
    current.value = places()[Math.round(Math.abs(element.scrollLeft) / element.clientWidth)] ?? current.value
  }
  watch([phone, root], ([is_phone, element]) => is_phone && element && scrollTo(current.value), {
    flush: 'post',
  })

  /** Searched in the column of its place: after a move the old card may still be on the page. A folded column has a button. */
  function gripOf(place: P, id: string) {
    const column = columnOf(place)
    const button = column?.matches('.is-folded') && column.querySelector<HTMLElement>('.foldb')
    return button || column?.querySelector<HTMLElement>(`#card-${CSS.escape(id)} .grip`)
  }

  const STEPS: Record<string, (grip: HTMLElement) => HTMLElement | undefined> = {
    ArrowDown: (grip) => inColumn(grip, 1),
    ArrowUp: (grip) => inColumn(grip, -1),
    ArrowRight: (grip) => sideways(grip, FORWARD),
    ArrowLeft: (grip) => sideways(grip, BACKWARD),
  }
  const gripsIn = (column: Element | null | undefined) => [
    ...(column?.querySelectorAll<HTMLElement>('.grip') ?? []),
  ]

  function inColumn(grip: HTMLElement, by: 1 | -1) {
    const grips = gripsIn(grip.closest('.bcol'))
    return grips[grips.indexOf(grip) + by]
  }
  /** Empty columns are passed over. */
  function sideways(grip: HTMLElement, by: 1 | -1) {
    const column = grip.closest('.bcol')
    if (!column) return undefined
    const at = gripsIn(column).indexOf(grip)
    const all = [...(root.value?.querySelectorAll('.bcol') ?? [])]
    for (let i = all.indexOf(column) + by; all[i]; i += by) {
      const there = gripsIn(all[i])
      if (there.length > 0) return there[Math.min(at, there.length - 1)]
    }
    return undefined
  }
  function walk(event: KeyboardEvent) {
    if (!(event.target instanceof HTMLElement) || !event.target.matches('.grip')) return
    const next = STEPS[event.key]?.(event.target)
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  return { current, choose, scrolled, scrollTo, gripOf, walk }
}
