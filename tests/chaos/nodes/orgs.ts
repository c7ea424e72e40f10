import type { AuthenticatedPrincipal } from '../../../src/contracts/principal.ts'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Person,
  setUp,
  type User,
} from '../../support/client.ts'
import type { TestServer } from '../../support/server.ts'

/** One org: a project that one person and the agent are assigned to, and another person is not. */
export interface ChaosOrg {
  id: string
  slug: string
  /** Channels of everybody. */
  open_channels: string[]
  project_channel: string
  inside: Person
  outside: Person
  /** Both as a node knows them that took their request. */
  principals: { inside: AuthenticatedPrincipal; outside: AuthenticatedPrincipal }
  agent: Agent
}

export function channelsOf({ open_channels, project_channel }: ChaosOrg, is_inside: boolean): string[] {
  return is_inside ? [...open_channels, project_channel] : open_channels
}

/** Sets an empty server up and founds so many orgs. */
export async function foundOrgs(server: TestServer, count: number): Promise<ChaosOrg[]> {
  const admin = await setUp(server, 'chaos-0')
  const orgs: ChaosOrg[] = []
  for (let o = 0; o < count; o++) {
    admin.org = `chaos-${o}`
    if (o > 0) await made(admin.call('POST', '/api/v1/orgs', { name: `Chaos ${o}`, slug: admin.org }))
    orgs.push(await furnish(admin, o))
  }
  return orgs
}

async function furnish(admin: Person, o: number): Promise<ChaosOrg> {
  // Agents and people write as fast as they can: no brake may stop them.
  const settings = { agent_limits: { loop_brake: { messages: 0, minutes: 2 } } }
  const { id } = (await made(admin.in<{ id: string }>('PATCH', '', { settings }))).body
  const inside = await join(admin, `Inside ${o}`)
  const outside = await join(admin, `Outside ${o}`)
  const agent = await addAgent(admin, `bridge-${o}`)
  const general = await generalChannel(admin)
  const open = await made(admin.in<{ id: string }>('POST', '/channels', { name: 'open' }))
  const project = await made(
    admin.in<{ channel_id: string }>('POST', '/projects', {
      name: 'Closed',
      type: 'software',
      assigned_user_ids: [inside.user_id, agent.user.id],
    }),
  )
  return {
    id,
    slug: admin.org,
    open_channels: [general.id, open.body.id],
    project_channel: project.body.channel_id,
    inside,
    outside,
    principals: { inside: await principalOf(inside, id), outside: await principalOf(outside, id) },
    agent,
  }
}

async function principalOf(person: Person, org_id: string): Promise<AuthenticatedPrincipal> {
  const { id, display_name, role } = (await made(person.in<User>('GET', '/users/me'))).body
  return { kind: 'human', id, display_name, org_id, role }
}

async function made<T extends { status: number; body: unknown }>(answer: Promise<T>): Promise<T> {
  const got = await answer
  if (got.status >= 300) throw new Error(`${got.status} ${JSON.stringify(got.body)}`)
  return got
}
