import { hashScimToken, isScimToken } from '../../auth/scim-tokens.ts'
import { ApiError } from '../../contracts/errors.ts'
import type { AuthenticatedPrincipal } from '../../contracts/principal.ts'
import { findScimToken } from '../../db/queries/scim.ts'
import { noteScimUse } from '../../db/writes/scim.ts'
import type { OrgEdge } from '../../edge/org-edge.ts'
import { networkOf } from '../client-ip.ts'
import type { Deps } from '../deps.ts'

/** Characters of a `User-Agent` that are kept in a record. */
const USER_AGENT_MAX = 300

/** A provider with its token, acting for the administrator who made it. */
export interface ScimCaller {
  principal: AuthenticatedPrincipal
  edge: OrgEdge
  token_id: string
}

/**
 * Checks the token of a request. A wrong one, one of another organization, one whose administrator is none any more, and an
 * organization that does not exist are refused alike. Cookies and API keys do not count here.
 */
export async function scimCaller(
  deps: Deps,
  request: Request,
  slug: string,
  ip: string,
): Promise<ScimCaller> {
  const token = request.headers.get('authorization')?.match(/^Bearer +(\S+)$/i)?.[1]
  const found = token !== undefined && isScimToken(token) ? await lookUp(deps, slug, token) : undefined
  if (!found) {
    // Guessing is bounded by the rate of the address.
    await deps.limits.anonymous(networkOf(ip))
    throw new ApiError(
      'UNAUTHENTICATED',
      'Send the token of this organization: Authorization: Bearer mc_scim_….',
    )
  }
  const { edge, member, token_id } = found
  noteScimUse(deps.database, edge.org_id, token_id).catch((error: unknown) =>
    deps.log.failed('note the use of a SCIM token', error),
  )
  const user_agent = (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX)
  const { user_id: id, display_name, role } = member
  return {
    principal: { kind: 'human', id, display_name, org_id: edge.org_id, role, ip, user_agent },
    edge,
    token_id,
  }
}

async function lookUp(deps: Deps, slug: string, token: string) {
  const org_id = await deps.identify.orgId(slug)
  if (org_id === undefined) return undefined
  const stored = await findScimToken(deps.database, org_id, hashScimToken(token))
  if (!stored) return undefined
  const edge = await deps.edges.current(org_id)
  const member = edge.permissions.member(stored.created_by)
  if (member?.status !== 'active' || member.role !== 'administrator') return undefined
  return { edge, member, token_id: stored.id }
}
