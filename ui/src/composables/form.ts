import { newId } from '@contracts/ids.ts'
import { computed, ref, shallowRef } from 'vue'
import { type ApiFailure, asFailure } from '../api/failure.ts'

/** Leads to the first field that is wrong, once the page shows which are. */
export function focusMistake(form: EventTarget | null | undefined): void {
  requestAnimationFrame(() => {
    if (form instanceof HTMLElement) form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  })
}

/**
 * A form's sending: one at a time, its failure kept to be shown in place, by field where the server names one. `send`
 * gets a key that stays the same while nobody knows whether the last try arrived: sent again, it is the same write.
 */
export function useSubmit<T>(send: (idempotency_key: string) => Promise<T>, done: (result: T) => unknown) {
  let idempotency_key = newId()
  const busy = ref(false)
  const failure = shallowRef<ApiFailure>()

  async function submit() {
    if (busy.value) return
    busy.value = true
    failure.value = undefined
    try {
      const result = await send(idempotency_key)
      idempotency_key = newId()
      await done(result)
    } catch (error) {
      failure.value = asFailure(error)
      if (!failure.value.passing) idempotency_key = newId()
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
