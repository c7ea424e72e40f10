import { ApiError, notFound } from '../contracts/errors.ts'
import type { Job } from '../domain/job.ts'
import { checkPrincipal } from './check-principal.ts'
import { isPosting } from './message-client-ids.ts'
import { messagePost, refusedBy } from './message-post.ts'

/**
 * The refusal of a new message that the owner's permissions decide alone, so that it takes no place in the lane and no
 * transaction. Undefined when the message may be stored, or may repeat one that is stored.
 */
export function postRefusal(job: Job, now_ms: number): ApiError | undefined {
  if (!isPosting(job) || job.retry || job.idempotency) return undefined
  const { input, permissions, principal } = job
  try {
    checkPrincipal(messagePost, job, now_ms)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  if (!permissions.mayReadChannel(principal, input.channel_id)) return notFound('channel')
  return input.refusal && input.client_id === undefined ? refusedBy(input.refusal) : undefined
}
