import { describe, test } from 'bun:test'
import {
  EDGE_SOURCE_RULES,
  type EdgeSourceUnderTest,
  MESSAGES,
  mentionedBy,
  READ_SEQ,
} from '../../support/edge-source-contract.ts'
import { MemoryEdgeSource } from '../../support/memory-edge-source.ts'

/** PostgreSQL runs the same suite in tests/integration/db/edge-source.test.ts. */
function make(): EdgeSourceUnderTest {
  const source = new MemoryEdgeSource('org')
  const members: [string, string] = ['bo', 'cy']
  source.commit({ type: 'channel.loop_resumed', payload: { channel_id: 'general', reason: 'time' } })
  for (let n = 1; n <= MESSAGES; n++)
    source.say(
      'general',
      mentionedBy(n).map((at) => members[at]),
    )
  source.markRead('general', 'bo', READ_SEQ)
  return { source, org_id: 'org', channel_id: 'general', members, stranger: 'stranger', base: 1 }
}

describe('the contract of an edge source: memory', () => {
  for (const [title, holds] of EDGE_SOURCE_RULES) test(title, () => holds(make()))
})
