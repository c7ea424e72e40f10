import type { Evidence, Project, Task, User } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, type Person, setUp } from './client.ts'
import type { TestServer } from './server.ts'
import { hostSubAgent } from './sub-agent.ts'

/** An org with one of everything that a path can name, for tests that send whatever they like. */
export interface SmallOrg {
  admin: Person
  agent: Agent
  /** By the name of the path parameter. */
  params: Record<string, string>
}

/** Sets an empty server up and makes an org of its own slug, so that set-up, invites and ids can all be named. */
export async function makeSmallOrg(server: TestServer): Promise<SmallOrg> {
  const admin = await setUp(server)
  const agent = await addAgent(admin, 'forge')
  const spare = await addAgent(admin, 'spare')
  const project = await good<Project>(
    admin.in('POST', '/projects', {
      name: 'Project',
      type: 'software',
      assigned_user_ids: [agent.user.id],
    }),
  )
  const task = await good<Task>(admin.in('POST', '/tasks', { title: 'Task', project_ids: [project.id] }))
  const blocker = await good<Task>(admin.in('POST', '/tasks', { title: 'Blocker' }))
  const evidence = await good<Evidence>(
    admin.in('POST', `/tasks/${task.id}/evidence`, { type: 'doc_url', url: 'https://docs.example.com' }),
  )
  const { sub_agent } = await hostSubAgent(admin, spare, { task_id: task.id })
  const general = await generalChannel(admin)
  await good(admin.in('POST', `/channels/${general.id}/messages`, { content: 'Hello' }))
  const params = {
    org_slug: admin.org,
    project_id: project.id,
    task_id: task.id,
    blocked_by_id: blocker.id,
    evidence_id: evidence.id,
    sub_agent_id: sub_agent.id,
    channel_id: general.id,
    user_id: spare.user.id,
    agent_id: spare.user.id,
    seq: '1',
    job: '1',
    notification_id: crypto.randomUUID(),
    email_id: crypto.randomUUID(),
    export_id: crypto.randomUUID(),
    provider: 'oidc',
    scim_token_id: crypto.randomUUID(),
    id: crypto.randomUUID(),
    token: 'q'.repeat(43),
  }
  return { admin, agent, params }
}

async function good<T extends object = User>(answer: Promise<{ status: number; body: unknown }>): Promise<T> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body as T
}

/** A path of the API document with its parameters filled in. */
export function pathOf(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`no value for {${name}} of ${path}`)
    return encodeURIComponent(value)
  })
}
