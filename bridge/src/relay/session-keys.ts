/** Whose sessions: one agent of a gateway in one org. */
export interface SessionOwner {
  gateway_agent: string
  org_slug: string
}

/** What a session is about: a project's channel, an org-wide channel, a sub-agent. */
export type SessionPlace =
  | { kind: 'project'; id: string }
  | { kind: 'org'; id: string }
  | { kind: 'sub'; id: string }

export interface ParsedKey extends SessionOwner {
  place: SessionPlace
  /** The session without its generation. */
  session: string
  generation: number
}

const KINDS = ['project', 'org', 'sub'] as const
/** Agent, org, kind, id and generation; the parts cannot hold a colon, so a key reads in one way only. */
const KEY =
  /^(agent:([^:]+):mc:([a-z0-9-]+):(project|org|sub):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))(?::g([1-9]\d{0,8}))?$/

/** A session without its generation, in small letters as the gateway stores keys, e.g. `agent:main:mc:acme:org:<id>`. */
export function sessionOf({ gateway_agent, org_slug }: SessionOwner, place: SessionPlace): string {
  return `agent:${gateway_agent}:mc:${org_slug}:${place.kind}:${place.id}`.toLowerCase()
}

/** The session of a channel: of its project, or of the channel itself when it is an org-wide one. */
export function sessionOfChannel(
  owner: SessionOwner,
  { id, project_id }: { id: string; project_id: string | null },
): string {
  return sessionOf(owner, project_id === null ? { kind: 'org', id } : { kind: 'project', id: project_id })
}

/** The key at the gateway. Generation 0 has none in its key. */
export function sessionKey(session: string, generation: number): string {
  return generation > 0 ? `${session}:g${generation}` : session
}

/** Reads a key in whatever case; undefined for every key that is not of the bridge's form. */
export function parseSessionKey(key: string): ParsedKey | undefined {
  const [, session, gateway_agent, org_slug, kind, id, generation] = KEY.exec(key.toLowerCase()) ?? []
  const of = KINDS.find((one) => one === kind)
  if (!session || !gateway_agent || !org_slug || !id || !of) return undefined
  return { session, gateway_agent, org_slug, place: { kind: of, id }, generation: Number(generation ?? 0) }
}

/** The sub-agent of a session; undefined for the session of a channel. */
export function subAgentOf(session: string): string | undefined {
  const place = parseSessionKey(session)?.place
  return place?.kind === 'sub' ? place.id : undefined
}

/** Whether a session is one of this owner's; all other events of a gateway are other people's business. */
export function ownsKey(owner: SessionOwner, key: string): boolean {
  const parsed = parseSessionKey(key)
  return (
    parsed?.gateway_agent === owner.gateway_agent.toLowerCase() &&
    parsed.org_slug === owner.org_slug.toLowerCase()
  )
}
