import { afterAll, beforeAll, expect, test } from 'bun:test'
import { ApiError } from '../../../src/contracts/errors.ts'
import { commandsOf } from '../../support/commands.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'

let db: TestDatabase

beforeAll(async () => {
  db = await startDatabase()
})
afterAll(() => db.stop())

test('two posts under one client_id in one transaction, from two nodes, store one message and are answered alike', async () => {
  const { channel, batch, close } = await commandsOf(db)
  const post = {
    channel_id: channel.id,
    content: 'once',
    client_id: 'same',
    content_hash: 'h',
  }
  const outcomes = await batch(
    [
      ['message.post', post],
      ['message.post', post],
      ['message.post', { ...post, content: 'another', client_id: 'other' }],
    ],
    undefined,
    { one_by_one: true },
  )
  const results = outcomes.map((outcome) => (outcome instanceof ApiError ? outcome : outcome.reply.result))
  expect(results).toMatchObject([
    { message: { seq: 1 }, repeated: false },
    { message: { seq: 1 }, repeated: true },
    { message: { seq: 2 }, repeated: false },
  ])
  const rows = await db.superuser`select content from messages where channel_id = ${channel.id} order by seq`
  expect(rows.map(({ content }) => content)).toEqual(['once', 'another'])
  await close()
})
