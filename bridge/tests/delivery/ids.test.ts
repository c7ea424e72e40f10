import { expect, test } from 'bun:test'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { clientId, messageRowId, noticeRowId, rowKey, runId, runPrefix } from '../../src/delivery/ids.ts'

const of = { org_slug: 'acme', agent: 'scout' }

test('B5 keys derive from org, agent and row: the same on every try, different for attempts and parts', () => {
  const keys = [
    runId(of, { id: 'e7', attempt: 1 }),
    runId(of, { id: 'e7', attempt: 2 }),
    runId(of, { id: 'e7r1', attempt: 1 }),
    clientId(of, { id: 'e7' }, 2),
    clientId(of, { id: 'e7' }, 3),
    runId({ ...of, agent: 'brief' }, { id: 'e7', attempt: 1 }),
    runId({ ...of, org_slug: 'other' }, { id: 'e7', attempt: 1 }),
  ]
  expect(keys[0]).toBe('mc-acme-scout-e7')
  expect(new Set(keys).size).toBe(keys.length)
  expect(clientId(of, { id: 'e7' }, 1)).toBe(rowKey(of, { id: 'e7' }))
  expect(keys.slice(0, 5).every((key) => key.startsWith(runPrefix(of)))).toBe(true)
})

test('B5 an id is as short as the server takes it, however long the names are', () => {
  const channel_id = '0197a5d2-0002-7000-8000-000000000001'
  const long = { org_slug: 'o'.repeat(LIMITS.org_slug_max), agent: 'a'.repeat(64) }
  for (const id of [messageRowId(channel_id, 2_147_483_647), noticeRowId(channel_id, 2_147_483_647)])
    expect(clientId(long, { id: `${id}r9999` }, 99).length).toBeLessThanOrEqual(LIMITS.client_id_max)
  expect(runPrefix(long)).not.toBe(runPrefix({ ...long, agent: 'b'.repeat(64) }))
  expect(messageRowId(channel_id, 7)).not.toBe(noticeRowId(channel_id, 7))
})
