import { afterAll, beforeAll, describe, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { markRead, markUnread } from '../../../src/db/queries/channels.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'
import {
  LAST_SEQ,
  READ_MARKER_RULES,
  type ReadMarkersUnderTest,
} from '../../support/read-markers-contract.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

async function make(): Promise<ReadMarkersUnderTest> {
  const { org, channel, founder_id } = await makeOrg(db.database)
  await db.superuser`
    insert into messages (org_id, id, channel_id, seq, sender_type, sender_name, kind, content, created_at)
    select ${org.id}, uuidv7(), ${channel.id}, n, 'system', 'S', 'text', 'm' || n, now()
    from generate_series(1, ${LAST_SEQ}) n`
  await db.superuser`update channels set last_seq = ${LAST_SEQ} where id = ${channel.id}`
  return {
    markRead: (org_id, ...rest) => db.database.withOrg(org_id, (tx) => markRead(tx, org_id, ...rest)),
    markUnread: (org_id, ...rest) => db.database.withOrg(org_id, (tx) => markUnread(tx, org_id, ...rest)),
    org_id: org.id,
    channel_id: channel.id,
    user_id: founder_id,
    stranger: newId(),
  }
}

describe('the contract of read markers: PostgreSQL', () => {
  for (const [title, holds] of READ_MARKER_RULES) test(title, () => holds(make))
})
