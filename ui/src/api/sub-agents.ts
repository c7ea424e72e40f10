import type { Page } from '@contracts/lists.ts'
import type { SubAgentCreate } from '@contracts/requests.ts'
import type { SubAgent } from '@contracts/resources.ts'
import { request } from './http.ts'
import { everyPage, orgPath } from './org.ts'

/** A new sub-agent; without a host it comes with its key, shown once. */
export type SpawnedSubAgent = SubAgent & { ephemeral_api_key?: string | null }

/** Sub-agents that are shown after their end; older ones stand in the event log. */
const NEWEST = 100

export const subAgentApi = {
  /** All active ones and the newest of the others. */
  current: async (slug: string): Promise<SubAgent[]> => {
    const path = `${orgPath(slug)}/sub-agents`
    const [active, newest] = await Promise.all([
      everyPage<SubAgent>(path, { status: 'active' }),
      request<Page<SubAgent>>('GET', path, { query: { per_page: NEWEST } }),
    ])
    return [...new Map([...active, ...newest.data].map((one) => [one.id, one])).values()]
  },
  spawn: (slug: string, body: SubAgentCreate, idempotency_key: string) =>
    request<SpawnedSubAgent>('POST', `${orgPath(slug)}/sub-agents`, { body, idempotency_key }),
  terminate: (slug: string, id: string, reason: string | null) =>
    request<SubAgent>('POST', `${orgPath(slug)}/sub-agents/${encodeURIComponent(id)}/terminate`, {
      body: { reason },
    }),
}
