import { expect, test } from 'bun:test'
import { contractOf } from '../../support/contract.ts'
import { type Sent, spawning } from './arrange.ts'
import type { CallerName } from './callers.ts'
import { EXPECTED } from './expected.ts'
import { send } from './send.ts'
import { headersOf, type Place, type World } from './world.ts'

const ORG = '/api/v1/orgs/{org_slug}'
const IN_ORG = [...new Set(EXPECTED.map(({ operation }) => operation))].filter((name) => name.includes(ORG))

/** A job of nobody: another org's and one that never was are refused alike. */
const JOB_ID = 999_999

/** What a path names, of an org. */
const paramsOf = (place: Place) => ({
  org_slug: place.slug,
  project_id: place.project_id,
  task_id: place.task_id,
  blocked_by_id: place.other_task_id,
  evidence_id: place.evidence_id,
  sub_agent_id: place.sub_agent_id,
  channel_id: place.channel_id,
  user_id: place.member_id,
  seq: 1,
  agent_id: place.agent_id,
  notification_id: place.notification_id,
  email_id: place.email_id,
  scim_token_id: place.scim_token_id,
  job: JOB_ID,
  export_id: place.export_id,
})

type Params = ReturnType<typeof paramsOf>

/** Ids that nothing has. */
function randomised(params: Params): Params {
  const fresh = () => crypto.randomUUID()
  const ids = { project_id: fresh(), task_id: fresh(), blocked_by_id: fresh(), evidence_id: fresh() }
  const others = {
    sub_agent_id: fresh(),
    channel_id: fresh(),
    user_id: fresh(),
    agent_id: fresh(),
    notification_id: fresh(),
    email_id: fresh(),
    scim_token_id: fresh(),
    export_id: fresh(),
  }
  return { ...params, ...ids, ...others }
}

/** Tests that a refusal for what is hidden says nothing that a refusal for what never was does not. */
export function testsOfHiding(world: () => World): void {
  const as = (caller: CallerName, operation: string, sent: Sent) =>
    send(world().server.url, operation, { headers: headersOf(world(), caller), ...sent })

  /** A body that the operation takes, so that it is not the body that is refused. */
  async function bodyOf(operation: string): Promise<{ body?: unknown }> {
    const [method = '', path = ''] = operation.split(' ')
    const { document } = await contractOf(world().server.url)
    const content = document.paths[path]?.[method.toLowerCase()]?.requestBody?.content
    return content ? { body: content['application/json']?.example } : {}
  }

  async function expectSame(caller: CallerName, operation: string, hidden: Sent, random: Sent) {
    const [one, other] = [await as(caller, operation, hidden), await as(caller, operation, random)]
    expect(one.status).toBe(404)
    expect(one).toEqual(other)
  }

  test.each(IN_ORG)('another org, to its name and ids: %s', async (operation) => {
    const body = await bodyOf(operation)
    const params = paramsOf(world().main)
    const random = { ...randomised(params), org_slug: 'no-such-org' }
    for (const caller of ['outsider', 'outsider_agent'] as const)
      await expectSame(caller, operation, { ...body, params }, { ...body, params: random })
  })

  test.each(IN_ORG.filter((operation) => operation.replace(ORG, '').includes('{')))(
    'what is another org’s, below the own: %s',
    async (operation) => {
      const body = await bodyOf(operation)
      const params = { ...paramsOf(world().foreign), org_slug: world().main.slug }
      await expectSame(
        'administrator',
        operation,
        { ...body, params },
        { ...body, params: randomised(params) },
      )
    },
  )

  type Naming = (own: Params, there: Params) => Sent
  const task = { title: 'Names another org’s' }
  const project = { name: 'Names another org’s', type: 'docs' }
  const named: [string, Naming][] = [
    [
      'PUT /projects/{project_id}/users/{user_id}',
      (own, { user_id }) => ({ params: { project_id: own.project_id, user_id } }),
    ],
    [
      'DELETE /projects/{project_id}/users/{user_id}',
      (own, { user_id }) => ({ params: { project_id: own.project_id, user_id } }),
    ],
    [
      'PUT /tasks/{task_id}/dependencies/{blocked_by_id}',
      (own, { blocked_by_id }) => ({ params: { task_id: own.task_id, blocked_by_id } }),
    ],
    [
      'DELETE /tasks/{task_id}/dependencies/{blocked_by_id}',
      (own, { blocked_by_id }) => ({ params: { task_id: own.task_id, blocked_by_id } }),
    ],
    [
      'DELETE /tasks/{task_id}/evidence/{evidence_id}',
      (own, { evidence_id }) => ({ params: { task_id: own.task_id, evidence_id } }),
    ],
    ['POST /tasks', (_, { project_id }) => ({ body: { ...task, project_ids: [project_id] } })],
    ['POST /tasks', (_, { user_id }) => ({ body: { ...task, assignee_ids: [user_id] } })],
    ['POST /tasks', (_, { task_id }) => ({ body: { ...task, blocked_by_ids: [task_id] } })],
    [
      'PATCH /tasks/{task_id}',
      ({ task_id }, { user_id }) => ({ params: { task_id }, body: { assignee_ids: [user_id] } }),
    ],
    [
      'PATCH /tasks/{task_id}',
      ({ task_id }, { project_id }) => ({ params: { task_id }, body: { project_ids: [project_id] } }),
    ],
    ['POST /sub-agents', (_, { task_id }) => ({ body: spawning(task_id) })],
    ['POST /sub-agents', (own, { user_id }) => ({ body: spawning(own.task_id, user_id) })],
    ['POST /projects', (_, { user_id }) => ({ body: { ...project, owner_id: user_id } })],
    ['POST /projects', (_, { user_id }) => ({ body: { ...project, assigned_user_ids: [user_id] } })],
    [
      'PATCH /projects/{project_id}',
      ({ project_id }, { user_id }) => ({ params: { project_id }, body: { owner_id: user_id } }),
    ],
  ]
  test.each(named)('what is another org’s, named by a request: %s', async (short, naming) => {
    const own = paramsOf(world().main)
    const foreign = paramsOf(world().foreign)
    const request = (there: Params): Sent => {
      const sent = naming(own, there)
      return { ...sent, params: { org_slug: own.org_slug, ...sent.params } }
    }
    const operation = short.replace(' ', ` ${ORG}`)
    await expectSame('administrator', operation, request(foreign), request(randomised(foreign)))
  })

  test.each([
    ['unassigned', 'GET /channels/{channel_id}'],
    ['agent_unassigned', 'GET /channels/{channel_id}/messages'],
    ['unassigned', 'POST /channels/{channel_id}/messages'],
    ['agent_unassigned', 'PUT /channels/{channel_id}/read'],
    ['agent_unassigned', 'POST /channels/{channel_id}/messages/{seq}/deliveries'],
    ['unassigned', 'POST /channels/{channel_id}/messages/{seq}/deliveries/{agent_id}/retry'],
    ['sub_agent', 'GET /tasks/{task_id}'],
    ['sub_agent', 'POST /tasks/{task_id}/transition'],
    ['sub_agent', 'POST /tasks/{task_id}/evidence'],
    ['sub_agent', 'GET /projects/{project_id}'],
    ['sub_agent', 'GET /users/{user_id}'],
    ['sub_agent', 'GET /sub-agents/{sub_agent_id}'],
  ] as const)('what is hidden inside the org, from %s: %s', async (caller, short) => {
    const operation = short.replace(' ', ` ${ORG}`)
    const body = await bodyOf(operation)
    const { main } = world()
    const elsewhere = {
      project_id: main.other_project_id,
      task_id: main.other_task_id,
      sub_agent_id: main.other_sub_agent_id,
    }
    const params = { ...paramsOf(main), ...(caller === 'sub_agent' ? elsewhere : {}) }
    await expectSame(caller, operation, { ...body, params }, { ...body, params: randomised(params) })
  })
}
