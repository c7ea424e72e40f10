import { useQueryClient } from '@tanstack/vue-query'
import { useRouter } from 'vue-router'
import { auth, type SignedIn } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { paths } from '../paths.ts'
import { noteFreshSession } from '../realtime/session-keeper.ts'
import { forgetPlace } from '../router.ts'
import { useConnection } from '../stores/connection.ts'
import { forgetDrafts } from '../stores/drafts.ts'
import { rememberOrg } from '../stores/shell.ts'
import { outboxStore } from './browser.ts'

/** What happens around a session: it begins with a sign-in, it ends with everything of that person gone from here. */
export function useSession() {
  const client = useQueryClient()
  const router = useRouter()
  const connection = useConnection()

  /** Takes over the answer of a sign-in, so that the next page does not ask again. */
  function began(signed_in: SignedIn) {
    noteFreshSession()
    forgetPlace()
    client.clear()
    client.setQueryData(keys.me(), signed_in)
    const [only, ...others] = signed_in.memberships
    if (only && others.length === 0) rememberOrg(only.org.slug)
  }

  /** Signs out. Drafts and unsent messages of this person leave this device with the session. */
  async function end(user_id: string) {
    connection.signing_out = true
    try {
      await auth.logout()
    } finally {
      connection.signing_out = false
    }
    forgetDrafts(user_id)
    await outboxStore()
      .clear(user_id)
      .catch((error: unknown) => console.warn('Mission Control: forget unsent messages', error))
    await router.replace(paths.login())
    client.clear()
  }

  return { began, end }
}
