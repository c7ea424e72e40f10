import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newId } from '../../../src/contracts/ids.ts'
import { makeOrg, startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase
let org_id: string
let channel_id: string

const TEXTS = {
  stem: 'Uploads were resumed after the restart.',
  identifier: 'See AUTH-123 and v1.2.3 in src/db/flush.ts.',
  address: 'Docs at https://example.com/guide/start, ask ops@example.com.',
  german: 'Die Häuser am Fluss wurden geprüft.',
  russian: 'Проверка завершена успешно.',
  frequent: 'Who are they?',
  markup: 'A <b>bold</b> & "quoted" claim',
  numbers: 'Exit code 137 after 4096 retries',
}

beforeAll(async () => {
  db = await startDatabase()
  const made = await makeOrg(db.database)
  org_id = made.org.id
  channel_id = made.channel.id
  for (const [i, content] of Object.values(TEXTS).entries())
    await db.superuser`
      insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, created_at)
      values (${org_id}, ${newId()}, ${channel_id}, ${i + 1}, ${made.founder_id}, 'human', 'Founder', 'text', ${content}, now())`
})
afterAll(() => db.stop())

/** The names of the texts that are found, and the first snippet. */
async function search(q: string, channels = [channel_id]) {
  const rows = await db.database.withOrg(
    org_id,
    ({ sql }) => sql<{ seq: number; snippet: string }[]>`
      select seq, snippet from search_messages(${org_id}, ${q}, ${channels}::uuid[], null, null, 10, 0)`,
  )
  return {
    names: rows.map(({ seq }) => Object.keys(TEXTS)[Number(seq) - 1] ?? ''),
    snippet: rows[0]?.snippet ?? '',
  }
}

test.each([
  ['uploading', ['stem']],
  ['uploads resumed', ['stem']],
  ['"after the restart"', ['stem']],
  ['"restart resumed"', []],
  ['AUTH-123', ['identifier']],
  ['auth-123', ['identifier']],
  ['src/db/flush.ts', ['identifier']],
  ['v1.2.3', ['identifier']],
  ['example.com', ['address']],
  ['ops@example.com', ['address']],
  ['Häuser', ['german']],
  ['häuser', ['german']],
  ['geprüft Fluss', ['german']],
  ['проверка', ['russian']],
  ['завершена', ['russian']],
  ['they', ['frequent']],
  ['who are they', ['frequent']],
  ['137', ['numbers']],
  ['nothing of the kind', []],
])('a message is found by %s', async (q, names) => {
  expect((await search(q)).names.sort()).toEqual(names)
})

test('a word that is left out in English does not hide what the other words find', async () => {
  expect((await search('the uploading of they')).names).toEqual(['stem'])
})

test('either of two words, and one without another', async () => {
  expect((await search('flush or fluss')).names.sort()).toEqual(['german'])
  expect((await search('AUTH-123 or fluss')).names.sort()).toEqual(['german', 'identifier'])
  expect((await search('uploads -flush')).names).toEqual(['stem'])
  expect((await search('uploads -restart')).names).toEqual([])
})

test('the snippet has marks as its only markup', async () => {
  const { snippet } = await search('bold')
  expect(snippet).toContain('<mark>bold</mark>&lt;/b&gt; &amp; &quot;quoted&quot; claim')
  expect(snippet.replaceAll(/<\/?mark>/g, '')).not.toMatch(/[<>]/)
  expect((await search('they')).snippet).toContain('<mark>they</mark>')
})

test('nothing is found in channels that are not asked for', async () => {
  expect((await search('uploads', [newId()])).names).toEqual([])
})
