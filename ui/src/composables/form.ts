import { computed, ref, shallowRef } from 'vue'
import { type ApiFailure, asFailure } from '../api/failure.ts'

/** A form's sending: one at a time, its failure kept to be shown in place, by field where the server names one. */
export function useSubmit<T>(send: () => Promise<T>, done: (result: T) => unknown) {
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()

  async function submit() {
    if (busy.value) return
    busy.value = true
    failure.value = undefined
    try {
      const result = await send()
      await done(result)
    } catch (error) {
      failure.value = asFailure(error)
    } finally {
      busy.value = false
    }
  }

  function problem(path: string) {
    return failure.value?.problem(path)
  }

  /** A failure that belongs to no field of the form. */
  const general = (paths: readonly string[]) =>
    computed(() => (failure.value && !paths.some((path) => problem(path)) ? failure.value : undefined))

  return { busy, failure, submit, problem, general }
}
