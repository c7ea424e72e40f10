import type { Export, Project, SubAgent, Task, User } from '../../../src/contracts/resources.ts'
import { addAgent, join, PASSWORD, Person } from '../../support/client.ts'
import { until } from '../../support/streams.ts'
import { spawnSubAgent } from '../../support/sub-agent.ts'
import type { CallerName } from './callers.ts'
import { cookieHeaders, done, headersOf, type Place, type World } from './world.ts'

/** A caller's request, as far as it is not the operation's method and path. */
export interface Sent {
  params?: Record<string, string | number>
  query?: string
  body?: unknown
  /** Instead of the caller's own credentials. */
  headers?: Record<string, string>
}

export interface Setting {
  world: World
  caller: CallerName
  place: Place
  /** The place takes no writes: what is there is what the request is about. */
  read_only: boolean
}

export type Make = (setting: Setting) => Sent | Promise<Sent>

let made = 0
/** Text that nobody else of this run uses. */
export const unique = (): string => `n${++made}`

/** A session of the caller's beside the one it has: for what ends or changes it. */
export async function freshSession({ world, caller }: Setting): Promise<Person | undefined> {
  const person = world.people[caller]
  if (!person) return undefined
  const me = await done(person.call<{ user: { email: string } }>('GET', '/auth/me'))
  return await new Person(person.url).signIn(me.user.email, PASSWORD)
}

export async function asFreshSession(setting: Setting): Promise<Sent> {
  const person = await freshSession(setting)
  return person ? { headers: cookieHeaders(person) } : {}
}

/** With the session of a new account, which no other request uses and which has another session beside it. */
export async function asNewAccountTwice(setting: Setting): Promise<Sent> {
  const { world, caller } = setting
  if (!world.people[caller]) return {}
  const { admin } = world.main
  const name = unique()
  const person = await join(admin, name)
  await new Person(admin.url).signIn(`${name}@example.com`, PASSWORD)
  return { headers: cookieHeaders(person) }
}

export const sessionId = async (person: Person | undefined): Promise<string> =>
  person
    ? (await done(person.call<{ session: { id: string } }>('GET', '/auth/me'))).session.id
    : crypto.randomUUID()

export async function invite(admin: Person): Promise<User & { invite_url: string }> {
  const email = `${unique()}@example.com`
  return await done(
    admin.in('POST', '/users', { type: 'human', email, display_name: unique(), role: 'contributor' }),
  )
}

/** An org of the caller's own when it may administer one, so that what ends an org ends that one. */
export async function ownOrg({ world, caller, place }: Setting): Promise<string> {
  const person = world.people[caller]
  if (!person || !['administrator', 'suspended', 'pending'].includes(caller)) return place.slug
  const slug = `own-${unique()}`
  await done(person.call('POST', '/api/v1/orgs', { name: slug, slug }))
  const path = `/api/v1/orgs/${slug}`
  if (caller === 'suspended') await done(person.call('POST', `${path}/suspend`))
  if (caller === 'pending') await done(person.call('DELETE', path, { confirm: slug }))
  return slug
}

export const inOwnOrg: Make = async (setting) => ({ params: { org_slug: await ownOrg(setting) } })

export async function freshProject({ world, place, read_only }: Setting): Promise<string> {
  if (read_only) return place.project_id
  const body = { name: unique(), type: 'docs' }
  return (await done(world.main.admin.in<Project>('POST', '/projects', body))).id
}

/** To where the task is not. */
export async function move({ place }: Setting, task_id: string): Promise<Sent> {
  const { status } = await done(place.admin.in<Task>('GET', `/tasks/${task_id}`))
  return { params: { task_id }, body: { to_status: status === 'backlog' ? 'in-progress' : 'backlog' } }
}

export const dependency = ({ place }: Setting) => ({
  task_id: place.task_id,
  blocked_by_id: place.other_task_id,
})

export const self: Make = () => ({ params: { user_id: 'me' } })
export const project: Make = ({ place }) => ({ params: { project_id: place.project_id } })
export const agent: Make = ({ place }) => ({ params: { user_id: place.agent_id } })
export const channel: Make = ({ place }) => ({ params: { channel_id: place.channel_id, seq: 1 } })
export const general: Make = ({ place }) => ({ params: { channel_id: place.general_id, seq: 1 } })
export const task: Make = ({ place }) => ({ params: { task_id: place.task_id } })
export const other_task: Make = ({ place }) => ({ params: { task_id: place.other_task_id } })

/** A notification of the caller's own: an administrator has one, another member is assigned to a task. */
export const ownNotification: Make = async ({ world, caller, place }) => {
  const others = ['unassigned', 'assigned', 'owner', 'agent_unassigned', 'agent_assigned']
  if (!others.includes(caller)) return { params: { notification_id: place.notification_id } }
  const get = async <T>(path: string): Promise<T> => {
    const url = `${world.server.url}/api/v1/orgs/${place.slug}${path}`
    return (await (await fetch(url, { headers: headersOf(world, caller) })).json()) as T
  }
  const { id } = await get<User>('/users/me')
  await done(place.admin.in('POST', '/tasks', { title: unique(), assignee_ids: [id] }))
  const [newest] = (await get<{ data: { id: string }[] }>('/notifications?per_page=1')).data
  return { params: { notification_id: newest?.id ?? '' } }
}

/** A notification of an agent that is no caller. */
export const othersNotification: Make = ({ place }) => ({
  params: { notification_id: place.agent_notification_id },
})

async function exportsOf({ admin }: Setting['place']): Promise<Export[]> {
  return (await done(admin.in<{ data: Export[] }>('GET', '/exports'))).data
}

/** The org's export, once its file is there. */
export const readyExport: Make = async ({ place }) => {
  await until(async () =>
    (await exportsOf(place)).some(({ id, status }) => id === place.export_id && status === 'ready'),
  )
  return { params: { export_id: place.export_id } }
}

/** While one is under way the answer is that one. */
export const noneUnderWay: Make = async ({ place }) => {
  await until(async () => (await exportsOf(place)).every(({ status }) => status === 'ready'))
  return {}
}

/** A message of the channel at which an agent of its own failed. */
export const failedDelivery =
  (make: Make): Make =>
  async (setting) => {
    const { place, read_only } = setting
    const { params } = await make(setting)
    if (read_only) return { params: { ...params, agent_id: place.agent_id } }
    const failed = await addAgent(place.admin, unique())
    await done(place.admin.in('PUT', `/projects/${place.project_id}/users/${failed.user.id}`))
    const report = `/channels/${params?.channel_id}/messages/${params?.seq}/deliveries`
    await done(failed.in('POST', report, { state: 'failed' }))
    return { params: { ...params, agent_id: failed.user.id } }
  }

/** The same with a body; names are made anew for each request, because each may be taken once. */
export const sending =
  (make: Make, body: unknown): Make =>
  async (setting) => ({ ...(await make(setting)), body: typeof body === 'function' ? body(setting) : body })

export const sub_agent: Make = ({ place }) => ({ params: { sub_agent_id: place.sub_agent_id } })
export const other_sub_agent: Make = ({ place }) => ({ params: { sub_agent_id: place.other_sub_agent_id } })

export const spawning = (task_id: string, host_agent_id: string | null = null) => ({
  task_id,
  model: 'fake-1',
  instructions: 'Do it.',
  ...(host_agent_id === null ? {} : { host_agent_id }),
})

async function hostedBy({ place }: Setting, host_agent_id: string): Promise<Sent> {
  const body = spawning(place.task_id, host_agent_id)
  return { params: { sub_agent_id: (await done(place.admin.in<SubAgent>('POST', '/sub-agents', body))).id } }
}

/** One that nothing depends on. */
export const freshSubAgent: Make = async (setting) =>
  setting.read_only ? await sub_agent(setting) : await hostedBy(setting, setting.place.agent_id)

export const hostedSubAgent: Make = async (setting) => {
  const { world, place, read_only } = setting
  if (read_only) return await sub_agent(setting)
  const headers = { Authorization: `Bearer ${world.keys.agent_assigned}` }
  const me = await fetch(`${world.server.url}/api/v1/orgs/${place.slug}/users/me`, { headers })
  return await hostedBy(setting, ((await me.json()) as User).id)
}

/** A sub-agent in the place of the one of the table: for what ends it. */
export const asFreshSubAgent: Make = async ({ caller, place }) => {
  if (caller !== 'sub_agent') return {}
  return { headers: (await spawnSubAgent(place.admin, { task_id: place.task_id })).agent.headers }
}
