import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { once } from '../../commands/idempotency.ts'
import { ApiError, notFound } from '../../contracts/errors.ts'
import { PageOf } from '../../contracts/lists.ts'
import { FailedJob } from '../../contracts/resources.ts'
import { Closed } from '../../contracts/schema.ts'
import { failedJobs, retryJob } from '../../db/queries/jobs.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

/** Background work of an org that failed for good, for its administrators. */
export function jobRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Background work'

  return new Elysia({ name: 'jobs', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/jobs',
      ...at.org(
        {
          tag,
          action: 'job.list',
          query: Type.Object({ ...PAGE }),
          summary: 'Background jobs whose last attempt failed',
          description: 'Newest first. They are kept for 30 days.',
          ok: { status: 200, schema: PageOf(FailedJob) },
        },
        async ({ org_id, query }) => ({ body: await failedJobs(deps.database, org_id, query) }),
      ),
    )
    .post(
      '/jobs/:job/retry',
      ...at.org(
        {
          tag,
          action: 'job.retry',
          summary: 'Try a failed job again',
          description: 'It gets all its attempts again, from now. A job that waits already stays as it is.',
          ok: {
            status: 200,
            schema: Closed({ id: FailedJob.properties.id, kind: FailedJob.properties.kind }),
          },
          errors: ['JOB_NOT_FOUND', 'IDEMPOTENCY_CONFLICT'],
        },
        async ({ org_id, params, principal, idempotency }) => {
          const id = jobId(params)
          const reply = await deps.database.withOrg(org_id, (tx) =>
            once(tx, org_id, principal.id ?? '', idempotency, async () => {
              const kind = await retryJob(tx, org_id, id)
              if (kind === undefined) throw notFound('job')
              return { id, kind }
            }),
          )
          return created(reply, undefined, 200)
        },
      ),
    )
}

/** The id in the path; throws 400 unless it is a positive whole number. */
function jobId({ job = '' }: Record<string, string>): string {
  if (!/^[1-9]\d{0,17}$/.test(job))
    throw new ApiError('INVALID_ID', 'The job in the path is not a positive whole number.')
  return job
}
