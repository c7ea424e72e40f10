import { onScopeDispose, type Ref, ref } from 'vue'

/** Now in epoch milliseconds, moving on every `every_ms` while somebody looks at it. */
export function useNow(every_ms: number): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, every_ms)
  onScopeDispose(() => clearInterval(timer))
  return now
}
