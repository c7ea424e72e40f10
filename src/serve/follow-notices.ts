import type { Sessions } from '../auth/sessions.ts'
import type { NodeNotices } from '../cluster/notices.ts'
import type { NodeMessage } from '../contracts/relay.ts'
import type { Edges } from '../edge/edges.ts'

interface Parts {
  sessions: Pick<Sessions, 'forget' | 'forgetAll'>
  edges: Pick<Edges, 'revoke' | 'checkCredentials'>
  /** Forgets an org on this node. */
  forgetOrg(org_id: string): Promise<void>
  failed(stage: string, error: unknown): void
}

/** Does on this node what other nodes tell of: what ended there ends here at once. */
export function followNotices(
  notices: Pick<NodeNotices, 'start'>,
  { sessions, edges, forgetOrg, failed }: Parts,
): void {
  const lookAgain = () => {
    sessions.forgetAll()
    void edges.checkCredentials()
  }
  const take = (notice: NodeMessage) => {
    switch (notice.type) {
      case 'revoked':
        if (notice.revocation.session_id !== undefined) sessions.forget(notice.revocation.session_id)
        edges.revoke(notice.revocation)
        break
      case 'sessions_ended':
        lookAgain()
        break
      case 'org_forgotten':
        forgetOrg(notice.org_id).catch((error: unknown) => failed('forget an organization', error))
        break
    }
  }
  notices.start(take, lookAgain)
}
