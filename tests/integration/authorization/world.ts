import type { Evidence, Export, Project, Task, User } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, join, Person, setUp } from '../../support/client.ts'
import { failedEmail } from '../../support/failed-email.ts'
import { scimToken } from '../../support/scim-token.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { hostSubAgent, spawnSubAgent } from '../../support/sub-agent.ts'
import type { CallerName } from './callers.ts'

/** An org with one of everything that a path can name. */
export interface Place {
  slug: string
  /** Its administrator, who makes what a request is about. */
  admin: Person
  project_id: string
  channel_id: string
  other_project_id: string
  general_id: string
  /** In the project; the sub-agent's. */
  task_id: string
  evidence_id: string
  other_task_id: string
  other_evidence_id: string
  /** Of the task; in the first org the one of the table. */
  sub_agent_id: string
  other_sub_agent_id: string
  /** Members that nothing depends on. */
  member_id: string
  agent_id: string
  /** The administrator's own, and the agent's. */
  notification_id: string
  agent_notification_id: string
  /** A mail that failed. */
  email_id: string
  scim_token_id: string
  export_id: string
}

export interface World {
  server: TestServer
  main: Place
  foreign: Place
  suspended: Place
  pending: Place
  /** Signed-in people by caller. */
  people: Partial<Record<CallerName, Person>>
  /** API keys by caller. */
  keys: Partial<Record<CallerName, string>>
  /** Somebody whose session is nobody's of the table. */
  other_session: Person
}

/** The org that a caller's requests go to: its own when it is read-only, else the one that all others are about. */
export function placeOf(world: World, caller: CallerName): Place {
  if (caller === 'suspended') return world.suspended
  if (caller === 'pending') return world.pending
  return world.main
}

/** Credentials as headers; a page's token goes along with every cookie. */
export function headersOf({ people, keys }: World, caller: CallerName): Record<string, string> {
  const key = keys[caller]
  if (key !== undefined) return { Authorization: `Bearer ${key}` }
  const person = people[caller]
  return person ? cookieHeaders(person) : {}
}

export function cookieHeaders(person: Person): Record<string, string> {
  return {
    Cookie: person.cookieHeader,
    'X-CSRF-Token': person.cookies.get('mc_csrf') ?? '',
    Origin: person.url,
  }
}

/** Starts a server with four orgs and everybody of the table. */
export async function startWorld(): Promise<World> {
  const server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  try {
    const administrator = await setUp(server)
    const unassigned = await join(administrator, 'Una Signed')
    const assigned = await join(administrator, 'Asa Signed')
    const owner = await join(administrator, 'Olga Wner')
    const bystander = await join(administrator, 'By Stander')
    const agent_unassigned = await addAgent(administrator, 'far')
    const agent_assigned = await addAgent(administrator, 'near')
    const main = await fill(server, administrator, {
      owner_id: owner.user_id,
      assigned_user_ids: [assigned.user_id, agent_assigned.user.id],
    })
    const outsider = await founder(administrator, 'foreign', 'Otto Outside')
    const outsider_agent = await addAgent(outsider, 'foreign')
    const suspended = await founder(administrator, 'suspended', 'Susa Pended')
    const pending = await founder(administrator, 'pending', 'Pen Ding')
    const places = {
      main,
      foreign: await fill(server, outsider),
      suspended: await fill(server, suspended),
      pending: await fill(server, pending),
    }
    await done(suspended.in('POST', '/suspend'))
    await done(pending.in('DELETE', '', { confirm: pending.org }))
    const { sub_agent, agent } = await spawnSubAgent(administrator, { task_id: main.task_id })
    return {
      server,
      ...places,
      main: { ...main, sub_agent_id: sub_agent.id },
      people: { outsider, unassigned, assigned, owner, administrator, suspended, pending },
      keys: {
        outsider_agent: outsider_agent.key,
        agent_unassigned: agent_unassigned.key,
        agent_assigned: agent_assigned.key,
        sub_agent: agent.key,
      },
      other_session: bystander,
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Another org with an administrator of its own, who is in no other. */
async function founder(first: Person, slug: string, name: string): Promise<Person> {
  await done(first.call('POST', '/api/v1/orgs', { name: slug, slug }))
  const there = new Person(first.url)
  for (const [cookie, value] of first.cookies) there.cookies.set(cookie, value)
  there.org = slug
  return await join(there, name, 'administrator')
}

/** Makes one of everything in an org. */
export async function fill(
  server: TestServer,
  admin: Person,
  {
    owner_id = null,
    assigned_user_ids = [],
  }: { owner_id?: string | null; assigned_user_ids?: string[] } = {},
): Promise<Place> {
  const project = await done(
    admin.in<Project>('POST', '/projects', {
      name: 'Project',
      type: 'software',
      owner_id,
      assigned_user_ids,
    }),
  )
  const other = await done(admin.in<Project>('POST', '/projects', { name: 'Other', type: 'docs' }))
  const task = await done(admin.in<Task>('POST', '/tasks', { title: 'The task', project_ids: [project.id] }))
  const other_task = await done(admin.in<Task>('POST', '/tasks', { title: 'Another task' }))
  const general = await generalChannel(admin)
  for (const channel_id of [project.channel_id, general.id])
    await done(admin.in('POST', `/channels/${channel_id}/messages`, { content: 'Hello' }))
  const member = await done(
    admin.in<User>('POST', '/users', {
      type: 'human',
      email: `spare@${admin.org}.example`,
      display_name: 'Spare person',
      role: 'contributor',
    }),
  )
  const agent: Agent = await addAgent(admin, 'spare')
  const told = async (by: Person | Agent, user_id: string, to: Person | Agent) => {
    const message = { content: 'For you', mentions: [user_id] }
    await done(by.in<unknown>('POST', `/channels/${general.id}/messages`, message))
    const { data } = await done(to.in<{ data: { id: string }[] }>('GET', '/notifications?per_page=1'))
    return data[0]?.id ?? ''
  }
  const hosted = await hostSubAgent(admin, agent, { task_id: task.id })
  const other_hosted = await hostSubAgent(admin, agent, { task_id: other_task.id })
  return {
    slug: admin.org,
    admin,
    project_id: project.id,
    channel_id: project.channel_id,
    other_project_id: other.id,
    general_id: general.id,
    task_id: task.id,
    evidence_id: await addEvidence(admin, task.id),
    other_task_id: other_task.id,
    other_evidence_id: await addEvidence(admin, other_task.id),
    sub_agent_id: hosted.sub_agent.id,
    other_sub_agent_id: other_hosted.sub_agent.id,
    member_id: member.id,
    agent_id: agent.user.id,
    notification_id: await told(agent, admin.user_id, admin),
    agent_notification_id: await told(admin, agent.user.id, agent),
    email_id: await failedEmail(server, admin.org, member.id),
    scim_token_id: await scimToken(server, admin.org, admin.user_id),
    export_id: (await done(admin.in<Export>('POST', '/exports'))).id,
  }
}

export async function addEvidence(admin: Person, task_id: string): Promise<string> {
  const url = 'https://git.example.com/pulls/1'
  return (await done(admin.in<Evidence>('POST', `/tasks/${task_id}/evidence`, { type: 'pr_link', url }))).id
}

/** The body of an answer that must be a good one. */
export async function done<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}
