/** Sub-agents hosted by the world's agent `scout`, for tasks of a project that the host does not read. */
import type { Project, SubAgent, Task } from '../../../src/contracts/resources.ts'
import type { Message } from '../../support/client.ts'
import { rawCall } from '../../support/openclaw/raw-call.ts'
import type { World } from './world.ts'

interface Spawn {
  model?: string
  title?: string
  description?: string
}

/** What the gateway tells of a session. */
interface Session {
  label: string | null
  archived: boolean
}

interface EndEvent {
  type: string
  payload: { sub_agent: SubAgent; reason?: string | null }
}

export async function subAgentHost(world: World) {
  const { admin, scout } = world
  const made = async <T>(path: string, body: unknown): Promise<T> => {
    const { status, body: answer } = await admin.in<T>('POST', path, body)
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`)
    return answer
  }
  const name = `Depot ${crypto.randomUUID().slice(0, 8)}`
  const project = await made<Project>('/projects', { name, type: 'software' })
  const messages = () => world.messages({ id: project.channel_id })
  const now = async ({ id }: SubAgent) => (await admin.in<SubAgent>('GET', `/sub-agents/${id}`)).body
  const ended = async (sub_agent: SubAgent, status: SubAgent['status']): Promise<SubAgent> =>
    await world.found(`the sub-agent to be ${status}`, async () => {
      const one = await now(sub_agent)
      if (one.status !== 'active' && one.status !== status)
        throw new Error(`The sub-agent is ${one.status}:\n${world.bridge.log().slice(-4_000)}`)
      return one.status === status ? one : undefined
    })
  const session = async ({ id }: SubAgent): Promise<Session | undefined> => {
    const key = `agent:main:mc:${admin.org}:sub:${id}`
    const answer = await rawCall(world.gateway, 'sessions.describe', { key }).catch(() => undefined)
    const found = (answer as { session: { label?: string; archived?: boolean } | null } | undefined)?.session
    return found ? { label: found.label ?? null, archived: found.archived === true } : undefined
  }
  const endEvents = async ({ id }: SubAgent): Promise<EndEvent[]> => {
    const { body } = await admin.in<{ data: EndEvent[] }>('GET', '/events?type=sub_agent.*&limit=200')
    return body.data.filter(
      ({ type, payload }) => type !== 'sub_agent.created' && payload.sub_agent.id === id,
    )
  }
  return {
    project,
    messages,
    now,
    ended,
    session,
    async spawn(instructions: string, { model = 'fake-2', title = 'Count', ...more }: Spawn = {}) {
      const task = await made<Task>('/tasks', { title, project_ids: [project.id], ...more })
      const asked = { task_id: task.id, model, instructions, host_agent_id: scout.user.id }
      return await made<SubAgent>('/sub-agents', asked)
    },
    terminate: ({ id }: SubAgent, reason: string) => made(`/sub-agents/${id}/terminate`, { reason }),
    async completeTask({ task_id }: SubAgent) {
      for (const to_status of ['in-progress', 'in-review', 'complete'])
        await made(`/tasks/${task_id}/transition`, { to_status })
    },
    /** What it said, oldest first. */
    async said({ id }: SubAgent): Promise<Message[]> {
      return (await messages()).filter(({ sender }) => sender.id === id)
    },
    archived: (sub_agent: SubAgent) =>
      world.found('the session to be archived', async () =>
        (await session(sub_agent))?.archived ? true : undefined,
      ),
    /** How often the log says that it ended. */
    ends: async (sub_agent: SubAgent) => (await endEvents(sub_agent)).map(({ type }) => type),
    reason: async (sub_agent: SubAgent) => (await endEvents(sub_agent))[0]?.payload.reason ?? '',
  }
}
