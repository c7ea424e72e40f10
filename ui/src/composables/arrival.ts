import { shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { SecondStep, SignedIn } from '../api/auth.ts'
import { paths } from '../paths.ts'
import { useSession } from './session.ts'

interface PendingStep {
  token: string
  /** Where the sign-in leads. */
  place: (signed_in: SignedIn) => string
}

/** In memory only: after a reload the sign-in begins again. */
const pending = shallowRef<PendingStep>()

/** The second step of a sign-in that is under way. */
export const pendingStep = pending

/** Goes on after a right password: to the place, or to the second step first. */
export function useArrival() {
  const session = useSession()
  const router = useRouter()
  return async (answer: SignedIn | SecondStep, place: PendingStep['place']) => {
    if ('second_factor' in answer) {
      pending.value = { token: answer.second_factor.token, place }
      await router.push(paths.secondStep())
      return
    }
    pending.value = undefined
    session.begin(answer)
    await router.replace(place(answer))
  }
}
