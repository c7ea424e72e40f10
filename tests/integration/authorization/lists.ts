import { expect, test } from 'bun:test'
import type { EventEnvelope } from '../../../src/contracts/events.ts'
import { isSecurityType } from '../../../src/domain/log-event.ts'
import type { CallerName } from './callers.ts'
import { send } from './send.ts'
import { headersOf, type World } from './world.ts'

interface Listed {
  data: { id: string }[]
}

/** Tests of what lists show to whom: what a path refuses must not come by a list. */
export function testsOfLists(world: () => World): void {
  async function list<T = Listed>(caller: CallerName, short: string): Promise<T> {
    const operation = short.startsWith('GET /auth') ? short : short.replace(' ', ' /api/v1/orgs/{org_slug}')
    const params = { org_slug: world().main.slug }
    const { status, text } = await send(world().server.url, operation, {
      params,
      headers: headersOf(world(), caller),
    })
    expect(status).toBe(200)
    return JSON.parse(text) as T
  }
  const ids = async (caller: CallerName, short: string) =>
    (await list(caller, short)).data.map(({ id }) => id).toSorted()

  test('channels: projects’ channels to the assigned and to administrators', async () => {
    const { general_id, channel_id } = world().main
    for (const caller of ['administrator', 'assigned', 'owner', 'agent_assigned'] as const)
      expect(await ids(caller, 'GET /channels')).toContain(channel_id)
    for (const caller of ['unassigned', 'agent_unassigned'] as const) {
      const seen = await ids(caller, 'GET /channels')
      expect(seen).toContain(general_id)
      expect(seen).not.toContain(channel_id)
    }
    expect(await ids('sub_agent', 'GET /channels')).toEqual([channel_id])
  })

  test('tasks and projects: to a sub-agent its own', async () => {
    const { task_id, project_id, other_task_id, other_project_id } = world().main
    expect(await ids('sub_agent', 'GET /tasks')).toEqual([task_id])
    expect(await ids('sub_agent', 'GET /projects')).toEqual([project_id])
    expect(await ids('unassigned', 'GET /tasks')).toEqual(expect.arrayContaining([task_id, other_task_id]))
    expect(await ids('unassigned', 'GET /projects')).toEqual(
      expect.arrayContaining([project_id, other_project_id]),
    )
  })

  test('sessions: one’s own', async () => {
    const own = await ids('unassigned', 'GET /auth/sessions')
    const others = await ids('assigned', 'GET /auth/sessions')
    expect(own.length).toBeGreaterThan(0)
    expect(own.filter((id) => others.includes(id))).toEqual([])
  })

  test('events: messages as their channel, security to administrators, to a sub-agent its own', async () => {
    const { channel_id, task_id, project_id } = world().main
    const events = async (caller: CallerName, filter = ''): Promise<EventEnvelope[]> =>
      (await list<{ data: EventEnvelope[] }>(caller, `GET /events?limit=200${filter}`)).data
    expect(await events('administrator', '&type=auth.login_success')).not.toEqual([])
    const all = await events('administrator')
    expect(all.some((event) => event.type === 'message.created' && event.channel_id === channel_id)).toBe(
      true,
    )
    for (const caller of ['unassigned', 'agent_unassigned'] as const) {
      const data = await events(caller)
      expect(data.some((event) => event.type === 'message.created')).toBe(true)
      expect(data.filter((event) => event.channel_id === channel_id)).toEqual([])
      const self = world().people[caller]?.user_id
      const of_others = data.filter((event) => isSecurityType(event.type) && event.actor.id !== self)
      expect(of_others.map(({ type }) => type)).toEqual([])
    }
    const own = await events('sub_agent')
    expect(own.some((event) => event.task_id === task_id)).toBe(true)
    const foreign = own.filter((event) =>
      event.task_id === null ? !event.project_ids.includes(project_id) : event.task_id !== task_id,
    )
    expect(foreign).toEqual([])
    expect(own.filter((event) => isSecurityType(event.type))).toEqual([])
  })
}
