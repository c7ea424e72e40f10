import { newId } from '@contracts/ids.ts'
import { computed, ref, shallowRef } from 'vue'
import { type ApiFailure, asFailure, type FailureCode } from '../api/failure.ts'

/** Focuses the first invalid field after the next render. */
export function focusInvalid(form: EventTarget | null | undefined): void {
  requestAnimationFrame(() => {
    if (form instanceof HTMLElement) form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  })
}

/**
 * Submission of a form: one request at a time, with its failure kept for display, per field where the server names one.
 * `send` gets an idempotency key that changes only after a definite outcome, so that a retry after a lost answer is the same
 * write. `fields` names the field of a code that concerns one, e.g. `NAME_TAKEN: '/name'`.
 */
export function useSubmit<T>(
  send: (idempotency_key: string) => Promise<T>,
  done: (result: T) => unknown,
  fields: Partial<Record<FailureCode, string>> = {},
) {
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
      if (!failure.value.transient) idempotency_key = newId()
    } finally {
      busy.value = false
    }
  }

  function problem(path: string) {
    const known = failure.value
    if (known && !known.names_fields && fields[known.code] === path) return known.message
    return known?.problem(path)
  }

  /** The failure, unless it belongs to one of these fields. */
  const general = (paths: readonly string[]) =>
    computed(() => (failure.value && !paths.some((path) => problem(path)) ? failure.value : undefined))

  return { busy, failure, submit, problem, general }
}
