import type { Page } from '@contracts/lists.ts'
import type { FailedJob } from '@contracts/resources.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Failed jobs shown at once, the newest. */
const SHOWN_MAX = 100

export const jobsApi = {
  failed: (slug: string) =>
    request<Page<FailedJob>>('GET', `${orgPath(slug)}/jobs`, { query: { per_page: SHOWN_MAX } }),
  retry: (slug: string, id: string, idempotency_key: string) =>
    request<Pick<FailedJob, 'id' | 'kind'>>('POST', `${orgPath(slug)}/jobs/${encodeURIComponent(id)}/retry`, {
      idempotency_key,
    }),
}
