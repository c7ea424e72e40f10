import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { PageOf } from '../../contracts/lists.ts'
import { SubAgentComplete, SubAgentCreate, SubAgentTerminate } from '../../contracts/requests.ts'
import { SubAgent } from '../../contracts/resources.ts'
import { Closed, Nullable, OneOf, Text, Uuid } from '../../contracts/schema.ts'
import { SUB_AGENT_STATUSES } from '../../contracts/vocabulary.ts'
import { countSubAgents, findSubAgent, listSubAgents, roomAt } from '../../db/queries/sub-agents.ts'
import { checkActive, checkHost, mayReadInstructions, tooManySubAgents } from '../../domain/sub-agents.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf, type OrgCall } from '../endpoint.ts'
import { filterUser, PAGE, UserFilter } from '../list-query.ts'
import { newKey } from '../new-key.ts'

const SubAgentQuery = Type.Object({
  status: Type.Optional(OneOf(SUB_AGENT_STATUSES)),
  task_id: Type.Optional(Uuid()),
  host_agent_id: Type.Optional(UserFilter('Run by this agent; `me` is the caller.')),
  created_by: Type.Optional(UserFilter('Created by this member; `me` is the caller.')),
  ...PAGE,
})

const Instructions = Text(LIMITS.instructions_max)

const Instructed = Closed({
  ...SubAgent.properties,
  instructions: Nullable(
    Text(LIMITS.instructions_max, {
      description: 'For its creator, its host, administrators and itself; null for all others.',
    }),
  ),
})

const Spawned = Closed({
  ...SubAgent.properties,
  ephemeral_api_key: Type.Optional(
    Nullable(
      Type.String({
        description: 'Without a host: its key, shown once. Null in the answer to a repeat.',
        examples: ['mc_ak_tmp_87pkF3C8kWBw_REysZ9pOqaP3AGPPZggfDhAPOTd2Ma'],
      }),
    ),
  ),
})

const WithKey = Closed({
  ...SubAgent.properties,
  instructions: Instructions,
  api_key: Nullable(
    Type.String({
      description: 'Shown once. Null in the answer to a repeat.',
      examples: ['mc_ak_tmp_87pkF3C8kWBw_REysZ9pOqaP3AGPPZggfDhAPOTd2Ma'],
    }),
  ),
})

/** Sub-agents: short-lived agents for one task, each with a key of its own that dies with it. */
export function subAgentRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Sub-agents'
  return new Elysia({ name: 'sub-agents', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/sub-agents',
      ...at.org(
        {
          tag,
          action: 'sub_agent.list',
          query: SubAgentQuery,
          summary: 'Sub-agents',
          description: 'Newest first, those that ended too.',
          ok: { status: 200, schema: PageOf(SubAgent) },
        },
        async ({ org_id, query, principal }) => ({
          body: await listSubAgents(deps.database, org_id, {
            ...query,
            ...filterUser('host_agent_id', query.host_agent_id, principal),
            ...filterUser('created_by', query.created_by, principal),
          }),
        }),
      ),
    )

    .post(
      '/sub-agents',
      ...at.org(
        {
          tag,
          action: 'sub_agent.spawn',
          body: SubAgentCreate,
          summary: 'Spawn a sub-agent for a task',
          description:
            'Without a host the answer carries its key, once. With `host_agent_id` that agent runs it: it sees `sub_agent.created` on its stream and fetches a key. `Retry-After` of a refusal is the time until a running sub-agent ends at the latest.',
          ok: { status: 201, schema: Spawned },
          errors: ['TASK_NOT_FOUND', 'USER_NOT_FOUND', 'SUB_AGENT_LIMIT', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { body } = call
          if (body.host_agent_id)
            return created(await call.command('sub_agent.spawn', { ...body, id: newId() }))
          await checkCap(deps, call)
          const { key, stored } = await newKey(deps, 'tmp')
          const reply = await call.command('sub_agent.spawn', { ...body, id: newId(), key: stored })
          return created(reply, { ...reply.result, ephemeral_api_key: reply.replayed ? null : key })
        },
      ),
    )

    .get(
      '/sub-agents/:sub_agent_id',
      ...at.org(
        {
          tag,
          action: 'sub_agent.read',
          summary: 'A sub-agent; `me` is the calling sub-agent',
          description: 'A sub-agent sees itself only, with the instructions that it was given.',
          ok: { status: 200, schema: Instructed },
          errors: ['SUB_AGENT_NOT_FOUND'],
        },
        async (call) => {
          const { org_id, principal } = call
          const id = namedIn(call)
          if (principal.kind === 'sub_agent' && principal.id !== id) throw notFound('sub_agent')
          const found = await findSubAgent(deps.database, org_id, id)
          if (!found) throw notFound('sub_agent')
          return { body: mayReadInstructions(principal, found) ? found : { ...found, instructions: null } }
        },
      ),
    )

    .post(
      '/sub-agents/:sub_agent_id/key',
      ...at.org(
        {
          tag,
          action: 'sub_agent.key',
          uncompressed: true,
          summary: 'A key for the host of a sub-agent',
          description:
            'For the agent that hosts it, with the instructions. A new key each time: the former one is dead at once, and its streams close.',
          ok: { status: 201, schema: WithKey },
          errors: ['SUB_AGENT_NOT_FOUND', 'FORBIDDEN', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const id = namedIn(call)
          if (!call.idempotency) await checkRenewal(deps, call, id)
          const { key, stored } = await newKey(deps, 'tmp')
          const reply = await call.command('sub_agent.renew_key', { id, key: stored })
          return created(reply, { ...reply.result, api_key: reply.replayed ? null : key })
        },
      ),
    )

    .post(
      '/sub-agents/:sub_agent_id/terminate',
      ...at.org(
        {
          tag,
          action: 'sub_agent.terminate',
          body: SubAgentTerminate,
          body_optional: true,
          summary: 'End a sub-agent now',
          description: 'Its key is dead at once, and its streams close within a second.',
          ok: { status: 200, schema: SubAgent },
          errors: ['SUB_AGENT_NOT_FOUND', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const input = { ...call.body, id: namedIn(call) }
          return created(await call.command('sub_agent.terminate', input), undefined, 200)
        },
      ),
    )

    .post(
      '/sub-agents/me/complete',
      ...at.org(
        {
          tag,
          action: 'sub_agent.complete',
          body: SubAgentComplete,
          summary: 'A sub-agent has done its work',
          description:
            'Leaves a summary for its creator, and ends the key of this request. To members there is no such sub-agent.',
          ok: { status: 200, schema: SubAgent },
          errors: ['SUB_AGENT_NOT_FOUND', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('sub_agent.complete', call.body), undefined, 200),
      ),
    )
}

type InOrg = Pick<OrgCall<unknown, unknown>, 'principal' | 'rights' | 'org_id' | 'idempotency'>

/** The sub-agent in the path. Nobody but a sub-agent is `me`. */
function namedIn(call: Pick<OrgCall<unknown, unknown>, 'params' | 'principal'>): string {
  const id = idOf(call, 'sub_agent_id')
  if (id !== 'me') return id
  if (call.principal.kind !== 'sub_agent') throw notFound('sub_agent')
  return call.principal.id
}

/**
 * Refuses one sub-agent too many before its key is hashed, so that refusals cost little; the command decides. A repeat is
 * answered by the command alone.
 */
async function checkCap(deps: Deps, { rights, org_id, idempotency }: InOrg): Promise<void> {
  const max = (await rights()).settings.agent_limits.max_concurrent_sub_agents
  if (max === null || idempotency) return
  const now = new Date().toISOString()
  await deps.database.readOrg(org_id, async (tx) => {
    const { running } = await countSubAgents(tx, org_id, now)
    if (running >= max) throw tooManySubAgents(max, await roomAt(tx, org_id, { running, max, now }), now)
  })
}

/** The same for a new key of a sub-agent. */
async function checkRenewal(deps: Deps, { org_id, principal }: InOrg, id: string): Promise<void> {
  const found = await findSubAgent(deps.database, org_id, id)
  if (!found) throw notFound('sub_agent')
  checkHost(found, principal)
  checkActive(found, new Date().toISOString())
}
