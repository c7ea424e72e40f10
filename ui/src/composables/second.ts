import { createSharedComposable } from '@vueuse/core'
import { computed } from 'vue'
import { serverTime } from '../api/server-clock.ts'
import { useNow } from './now.ts'

const SECOND_MS = 1_000

/** The time of the server in epoch milliseconds, each second: one clock for all countdowns of a page. */
export const useSecond = createSharedComposable(() => {
  const now = useNow(SECOND_MS)
  return computed(() => serverTime(now.value))
})
