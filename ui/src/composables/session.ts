import { useQueryClient } from '@tanstack/vue-query'
import { useRouter } from 'vue-router'
import { auth, type SignedIn } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { setPageUser } from '../api/page-user.ts'
import { paths } from '../paths.ts'
import { forgetPlace } from '../router.ts'
import { useConnection } from '../stores/connection.ts'
import { removeDrafts } from '../stores/drafts.ts'
import { rememberOrg } from '../stores/shell.ts'
import { forgetOnDevice, ownDevice } from './device.ts'
import { recordFreshSession } from './session-keeper.ts'
import { announceUser } from './sign-in-notice.ts'

/** Begin and end of a session in this browser. */
export function useSession() {
  const client = useQueryClient()
  const router = useRouter()
  const connection = useConnection()

  /** Caches the answer of a sign-in, so that the next page needs no request. */
  function begin(signed_in: SignedIn) {
    recordFreshSession()
    forgetPlace()
    client.clear()
    ownDevice(signed_in.user.id)
    client.setQueryData(keys.me(), signed_in)
    announceUser(signed_in.user.id)
    const [only, ...others] = signed_in.memberships
    if (only && others.length === 0) rememberOrg(only.org.slug)
  }

  /** Signs out, and removes the user's drafts and unsent messages from this device. */
  async function end(user_id: string) {
    connection.signing_out = true
    // Before the request: the sign-in page of another tab must not promise a draft that is about to go.
    const restoreDrafts = removeDrafts(user_id)
    try {
      await auth.logout()
    } catch (error) {
      restoreDrafts()
      throw error
    } finally {
      connection.signing_out = false
    }
    // Loaded long ago; the sign-in page does without.
    const { outboxStore } = await import('./browser.ts')
    await outboxStore()
      .clear(user_id)
      .catch((error: unknown) => console.warn('Mission Control: remove unsent messages', error))
    await forgetOnDevice(user_id)
    await router.replace(paths.login())
    setPageUser(undefined)
    client.clear()
  }

  return { begin, end }
}
