import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { t } from '../../i18n/index.ts'
import { isolate } from '../base/isolate.ts'
import type { Noun } from './noun.ts'

/** What a board shows and moves from place to place, e.g. tasks from status to status. */
export interface CardKind<T extends { id: string }, P extends string> {
  /** In the order of the columns. */
  places: readonly P[]
  /** Those that the arrow keys reach. */
  steps: readonly P[]
  words: Readonly<Record<P, string>>
  noun: Noun
  placeOf: (item: T) => P
  nameOf: (item: T) => string
  /** Order inside a column. */
  compare: (a: T, b: T) => number
  /** The reason why an item may not go to a place; undefined if it may. */
  refusal: (item: T, to: P) => string | undefined
  /** Asks the server for the move. */
  send: (item: T, to: P) => Promise<void>
  /** Shows why an item stayed in its place: a reason, or the failure of the request. */
  refuse: (item: T, why: unknown) => unknown
}

/** A card in the hand, by pointer or by keyboard. */
export interface Held<T, P> {
  item: T
  over: P
  by: 'pointer' | 'keyboard'
}

/**
 * The hand over a board: it lifts a card, carries it over the places and drops it, by pointer or by keyboard, and says each
 * step. The card moves when the server answers; a refusal leaves it in its place and says why.
 */
export function useHand<T extends { id: string }, P extends string>(kind: CardKind<T, P>) {
  const { placeOf, words, steps } = kind
  const held = shallowRef<Held<T, P>>()
  /** The id of the held card. Each card looks for its own id only, so a lift updates one card of a thousand. */
  const held_by = shallowReactive(new Map<string, Held<T, P>['by']>())
  /** The last card that a pointer put down: it is in its new column already. */
  const put_down = ref('')
  /** Ids of cards with a request under way. */
  const moving = shallowReactive(new Set<string>())
  /** For a live region. */
  const announcement = ref('')
  const why_not = computed(() => held.value && kind.refusal(held.value.item, held.value.over))

  function hold(item: T, by: Held<T, P>['by']) {
    letGo()
    held.value = { item, over: placeOf(item), by }
    held_by.set(item.id, by)
    if (by === 'keyboard')
      announcement.value = t(`tasks.board.${kind.noun}.lifted`, {
        name: isolate(kind.nameOf(item)),
        place: words[placeOf(item)],
      })
  }

  /** The place under the card; undefined outside of all places. */
  function over(place: P | undefined) {
    const hand = held.value
    if (!hand) return
    const next = place ?? placeOf(hand.item)
    if (next === hand.over) return
    held.value = { ...hand, over: next }
    announcement.value = `${words[next]}. ${why_not.value ?? ''}`
  }

  function step(by: 1 | -1) {
    const next = held.value && steps[steps.indexOf(held.value.over) + by]
    if (next) over(next)
  }

  function cancel() {
    if (held.value?.by === 'keyboard') announcement.value = t('tasks.board.cancelled')
    letGo()
  }

  function letGo() {
    held.value = undefined
    held_by.clear()
  }

  async function drop(): Promise<void> {
    const hand = held.value
    put_down.value = hand?.by === 'pointer' ? hand.item.id : ''
    letGo()
    if (!hand) return
    if (hand.over !== placeOf(hand.item)) return await move(hand.item, hand.over)
    announcement.value = t('tasks.board.dropped', { place: words[hand.over] })
  }

  async function move(item: T, to: P): Promise<void> {
    const reason = kind.refusal(item, to)
    if (reason !== undefined) {
      kind.refuse(item, reason)
      return
    }
    moving.add(item.id)
    try {
      await kind.send(item, to)
    } catch (error) {
      kind.refuse(item, error)
    } finally {
      moving.delete(item.id)
    }
  }

  /** Says where an item is after the answer of the server. */
  function arrived(item: T) {
    announcement.value = t('tasks.board.arrived', {
      name: isolate(kind.nameOf(item)),
      place: words[placeOf(item)],
    })
  }

  return {
    kind,
    held,
    held_by,
    put_down,
    moving,
    announcement,
    why_not,
    hold,
    over,
    step,
    cancel,
    drop,
    move,
    arrived,
  }
}

export type Hand<T extends { id: string }, P extends string> = ReturnType<typeof useHand<T, P>>
