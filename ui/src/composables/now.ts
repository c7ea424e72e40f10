import { useIntervalFn, useTimestamp } from '@vueuse/core'
import type { Ref } from 'vue'

/** The current time in epoch milliseconds, updated every `every_ms`. */
export function useNow(every_ms: number): Readonly<Ref<number>> {
  return useTimestamp({ scheduler: (update) => useIntervalFn(update, every_ms) })
}
