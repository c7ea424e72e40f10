import { useQuery } from '@tanstack/vue-query'
import { tryOnScopeDispose } from '@vueuse/core'
import { computed, type Ref, shallowRef, watch } from 'vue'
import { keys } from '../api/keys.ts'
import type { Move } from '../realtime/moves.ts'

/** A card wears the name of the person who moved it for this long. */
const SHOWN_MS = 10_000

/** Moves of others within the last seconds, by the id of the project or the task. */
export function useRecentMoves(
  slug: () => string,
  me_id: () => string,
): Readonly<Ref<ReadonlyMap<string, Move>>> {
  const { data } = useQuery({
    queryKey: computed(() => keys.moves(slug())),
    queryFn: (): Move[] => [],
    initialData: (): Move[] => [],
  })
  const recent = shallowRef<ReadonlyMap<string, Move>>(new Map())
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let seen = data.value.at(-1)?.sequence ?? 0

  function show(move: Move) {
    recent.value = new Map(recent.value).set(move.id, move)
    const timer = setTimeout(() => {
      timers.delete(timer)
      recent.value = new Map([...recent.value].filter(([, shown]) => shown !== move))
    }, SHOWN_MS)
    timers.add(timer)
  }
  watch(data, (moves) => {
    for (const move of moves) if (move.sequence > seen && move.actor.id !== me_id()) show(move)
    seen = Math.max(seen, moves.at(-1)?.sequence ?? 0)
  })
  tryOnScopeDispose(() => {
    for (const timer of timers) clearTimeout(timer)
  })
  return recent
}
