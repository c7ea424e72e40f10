import { computed, type InjectionKey, ref, watch } from 'vue'
import { t } from '../../i18n/index.ts'
import { isolate } from '../base/isolate.ts'
import type { Noun } from './noun.ts'

/** The neighbours of an open thing, in the order of its list. */
export interface Turn {
  noun: Noun
  /** Its place in the list, from 1, and their number; undefined for a thing that was never in it. */
  place: { at: number; of: number } | undefined
  previous: string | undefined
  next: string | undefined
}

/** The neighbours of a thing. One that left the list, e.g. by a change, keeps the place where it was. */
export function neighbours(order: readonly string[], id: string, last_at: number): Omit<Turn, 'noun'> {
  const at = order.indexOf(id)
  if (at >= 0)
    return { place: { at: at + 1, of: order.length }, previous: order[at - 1], next: order[at + 1] }
  const gap = Math.min(last_at, order.length)
  if (gap < 0) return { place: undefined, previous: undefined, next: undefined }
  return { place: undefined, previous: order[gap - 1], next: order[gap] }
}

/** Why a thing has no neighbour in this direction; empty if it has one. */
export function ending({ noun, place, previous, next }: Turn, by: 1 | -1): string {
  if ((by === 1 ? next : previous) !== undefined) return ''
  if (!place && previous === undefined && next === undefined) return t(`tasks.board.${noun}.not_listed`)
  return t(`tasks.board.${noun}.${by === 1 ? 'last' : 'first'}`)
}

/** Goes from an open thing to the one before or after it. `by_button`: the button keeps the focus. */
export function useTurn(options: {
  noun: Noun
  order: () => readonly string[]
  /** Empty while none is open. */
  open_id: () => string
  nameOf: (id: string) => string | undefined
  go: (id: string) => unknown
}) {
  const { noun, order, open_id, nameOf } = options
  const last_at = ref(-1)
  const button = ref<1 | -1>()
  const announcement = ref('')
  watch(
    [open_id, () => (open_id() === '' ? -1 : order().indexOf(open_id()))],
    ([id, at], [before]) => {
      if (at >= 0 || id !== before) last_at.value = at
      if (id === '') button.value = undefined
    },
    { immediate: true, flush: 'sync' },
  )
  const turn = computed((): Turn => ({ noun, ...neighbours(order(), open_id(), last_at.value) }))

  function step(by: 1 | -1, by_button = false) {
    const id = by === 1 ? turn.value.next : turn.value.previous
    if (id === undefined) {
      announcement.value = ending(turn.value, by)
      return
    }
    button.value = by_button ? by : undefined
    const list = order()
    announcement.value = t('tasks.board.turned', {
      at: list.indexOf(id) + 1,
      of: list.length,
      name: isolate(nameOf(id) ?? ''),
    })
    void options.go(id)
  }
  return { turn, step, button, announcement }
}

export type Turning = ReturnType<typeof useTurn>
export const turnKey: InjectionKey<Turning> = Symbol('turn')
