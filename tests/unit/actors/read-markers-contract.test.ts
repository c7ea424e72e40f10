import { describe, test } from 'node:test'
import { MemoryReadMarkers } from '../../support/memory-read-markers.ts'
import {
  LAST_SEQ,
  READ_MARKER_RULES,
  type ReadMarkersUnderTest,
} from '../../support/read-markers-contract.ts'

/** PostgreSQL runs the same suite in tests/integration/db/read-markers.test.ts. */
async function make(): Promise<ReadMarkersUnderTest> {
  const { markRead, markUnread } = new MemoryReadMarkers('channel', () => LAST_SEQ)
  return { markRead, markUnread, org_id: 'org', channel_id: 'channel', user_id: 'ada', stranger: 'another' }
}

describe('the contract of read markers: memory', () => {
  for (const [title, holds] of READ_MARKER_RULES) test(title, () => holds(make))
})
