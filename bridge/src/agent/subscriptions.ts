import { LIMITS } from '../../../src/contracts/limits.ts'
import type { Subscriptions } from '../../../src/contracts/requests.ts'
import type { WakeRule } from '../config/config.ts'
import type { Directory } from './directory.ts'

/**
 * The topics that an agent's stream carries: its projects and the channels of the org. What is about the agent itself (mentions,
 * commands, assignments) comes in any case. An agent that other messages wake, too, takes all topics: the first message after an
 * assignment would come before its topic.
 */
export function subscriptionsOf(
  wake: WakeRule,
  directory: Pick<Directory, 'assigned' | 'channels'>,
): Subscriptions {
  const projects = directory.assigned.map(({ id }) => ({ topic_type: 'project' as const, topic_id: id }))
  const channels = directory.channels
    .filter(({ type }) => type === 'org_wide')
    .map(({ id }) => ({ topic_type: 'channel' as const, topic_id: id }))
  const topics = [...projects, ...channels]
  if (wake !== 'mention' || topics.length > LIMITS.topics_max) return { mode: 'all', topics: [] }
  return { mode: 'topics', topics }
}
