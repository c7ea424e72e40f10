import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

/** Expanded some 250 MiB: far beyond the bound if it were in memory at once. */
const MESSAGES = Number(process.env.MC_TEST_EXPORT_MESSAGES ?? 100_000)
const CHARACTERS = 2_000
/** The goal is 100 MiB; a runtime with a slow collector may keep more for a while. */
const GROWTH_MAX_MIB = 200

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

test('the memory of an export does not depend on the size of the org', async () => {
  const { org, channel } = await makeOrg(db.database)
  await db.superuser`
    insert into messages (org_id, id, channel_id, seq, sender_type, sender_name, kind, content, created_at)
    select ${org.id}, gen_random_uuid(), ${channel.id}, n, 'system', 'S', 'text', repeat(md5(n::text), ${Math.ceil(CHARACTERS / 32)}::int), now()
    from generate_series(1, ${MESSAGES}::int) n`
  const argument = JSON.stringify({ connection: db.app, org_id: org.id })
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, '../../support/export-memory.ts'), argument],
    {
      stdout: 'pipe',
      stderr: 'inherit',
    },
  )
  const figures = JSON.parse(await new Response(child.stdout).text()) as { grew_mib: number }
  console.log(`${MESSAGES} messages: ${JSON.stringify(figures)}`)
  expect(figures.grew_mib).toBeLessThan(GROWTH_MAX_MIB)
}, 600_000)
