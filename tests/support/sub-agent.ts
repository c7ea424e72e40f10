import type { SubAgentCreate } from '../../src/contracts/requests.ts'
import type { SubAgent, User } from '../../src/contracts/resources.ts'
import { Agent } from './client.ts'

/** Spawns a sub-agent without a host; the answer's key is that of the client. */
export async function spawnSubAgent(
  by: Pick<Agent, 'url' | 'org' | 'in'>,
  input: Pick<SubAgentCreate, 'task_id'> & Partial<SubAgentCreate>,
): Promise<{ sub_agent: SubAgent; agent: Agent }> {
  const body = { model: 'fake-1', instructions: 'Do it.', ...input }
  const answer = await by.in<SubAgent & { ephemeral_api_key: string }>('POST', '/sub-agents', body)
  if (answer.status !== 201) throw new Error(`no sub-agent: ${answer.status} ${JSON.stringify(answer.body)}`)
  const { ephemeral_api_key: key, ...sub_agent } = answer.body
  const nobody = {} as User
  const me = await new Agent(by.url, by.org, key, nobody).in<User>('GET', '/users/me')
  return { sub_agent, agent: new Agent(by.url, by.org, key, me.body) }
}

/** The same with a host, which fetches its key. */
export async function hostSubAgent(
  by: Pick<Agent, 'in'>,
  host: Agent,
  input: Pick<SubAgentCreate, 'task_id'> & Partial<SubAgentCreate>,
): Promise<{ sub_agent: SubAgent; agent: Agent }> {
  const body = { model: 'fake-1', instructions: 'Do it.', host_agent_id: host.user.id, ...input }
  const answer = await by.in<SubAgent>('POST', '/sub-agents', body)
  if (answer.status !== 201) throw new Error(`no sub-agent: ${answer.status} ${JSON.stringify(answer.body)}`)
  const sub_agent = answer.body
  const fetched = await host.in<{ api_key: string }>('POST', `/sub-agents/${sub_agent.id}/key`)
  return { sub_agent, agent: new Agent(host.url, host.org, fetched.body.api_key, host.user) }
}
