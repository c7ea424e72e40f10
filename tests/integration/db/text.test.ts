import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type postgres from 'postgres'
import type { Task } from '../../../src/contracts/resources.ts'
import { compareNames, foldText } from '../../../src/contracts/text-order.ts'
import { join, type Person, setUp } from '../../support/client.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'

/** Words of every script in lists, and their order: what the database does, and the app alike. */

let server: TestServer
let admin: Person
let sql: postgres.Sql

beforeAll(async () => {
  server = await startServer({ env: { MC_RATE_LIMITS: 'off' } })
  admin = await setUp(server)
  sql = databaseOf(server)
})
afterAll(async () => {
  await sql.end()
  await server.stop()
})

describe('N7 tasks are found by words of every script', () => {
  const TITLES = [
    '我家在上海东边。',
    'お客様の注文を確認する',
    'ﾊﾝｶｸ カタカナ',
    '한국어검색',
    'ภาษาไทย',
    'Cafe\u0301 menu',
    'Straße sperren',
    '🙂 launch',
    'AUTH-123 in src/http/app.ts v1.2.3-rc.4',
    'CVE-2026-12345',
    'Änderung',
    'Łódź',
    'Тест Ёлка',
    'ΣΊΣΥΦΟΣ',
    'مُحَمَّد',
    'iPhone手机',
  ]
  beforeAll(async () => {
    for (const title of TITLES) expect((await admin.in('POST', '/tasks', { title })).status).toBe(201)
  })
  const found = async (q: string) =>
    (await admin.in<{ data: Task[] }>('GET', `/tasks?q=${encodeURIComponent(q)}`)).body.data.map(
      ({ title }) => title,
    )

  test.each([
    ['上海', '我家在上海东边。'],
    ['海', '我家在上海东边。'],
    ['边', '我家在上海东边。'],
    ['注文', 'お客様の注文を確認する'],
    ['ハンカク', 'ﾊﾝｶｸ カタカナ'],
    ['검색', '한국어검색'],
    ['ไทย', 'ภาษาไทย'],
    ['caf\u00e9', 'Cafe\u0301 menu'],
    ['CAFE', 'Cafe\u0301 menu'],
    ['strasse', 'Straße sperren'],
    ['STRAẞE', 'Straße sperren'],
    ['straße', 'Straße sperren'],
    ['🙂', '🙂 launch'],
    ['auth-123', 'AUTH-123 in src/http/app.ts v1.2.3-rc.4'],
    ['app.ts', 'AUTH-123 in src/http/app.ts v1.2.3-rc.4'],
    ['1.2.3', 'AUTH-123 in src/http/app.ts v1.2.3-rc.4'],
    ['12345', 'CVE-2026-12345'],
    ['änder', 'Änderung'],
    ['andErung', 'Änderung'],
    ['lodz', 'Łódź'],
    ['тест', 'Тест Ёлка'],
    ['елка', 'Тест Ёлка'],
    ['σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['محمد', 'مُحَمَّد'],
    ['手机', 'iPhone手机'],
    ['iphone手', 'iPhone手机'],
  ])('%s', async (q, title) => {
    expect(await found(q)).toEqual([title])
  })

  test('and not by what is not side by side, or is no word', async () => {
    for (const q of ['海上', '注確', '...', "'", '\\', ':*', '🙃'])
      expect([q, await found(q)]).toEqual([q, []])
  })

  test('a text at its limit in any script is stored and found', async () => {
    const han = Array.from({ length: 50_000 }, (_, i) =>
      String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
    ).join('')
    for (const description of [han, 'ä'.repeat(50_000), '\u{20000}\u{2a6df}'.repeat(25_000)])
      expect((await admin.in('POST', '/tasks', { title: 'long', description })).status).toBe(201)
    const inside = han.slice(20_000, 20_004)
    expect(await found(inside)).toEqual(['long'])
  })
})

test('N7 members and projects are found whatever case and accents', async () => {
  await join(admin, 'Jürgen Straß')
  await admin.in('POST', '/projects', { name: 'Größe 50%', type: 'docs', description: '上海 ok' })
  const total = async (list: string, q: string) =>
    (await admin.in<{ pagination: { total: number } }>('GET', `/${list}?q=${encodeURIComponent(q)}`)).body
      .pagination.total
  for (const q of ['jurgen', 'JÜRGEN', 'strass', 'rgen']) expect([q, await total('users', q)]).toEqual([q, 1])
  for (const q of ['grosse', 'GRÖSSE', '50%', '上海', '５０％'])
    expect([q, await total('projects', q)]).toEqual([q, 1])
  for (const q of ['%', '_', '\\']) expect([q, await total('users', q)]).toEqual([q, 0])
})

const WORDS = [
  'channel 2',
  'channel 10',
  'Channel 3',
  'Zebra',
  'Äpfel',
  'Apfel',
  'Łódź',
  'Lodz',
  'éclair',
  'Eclair',
  'Öl',
  'Oel',
  'ß',
  'ss',
  '#9',
  '10',
  '9',
  'Ж',
  '日本',
  '🙂',
]

test('N8 lists sort by a collation of people, numbers by their value', async () => {
  for (const name of WORDS.filter((word) => word !== 'ss')) {
    await admin.in('POST', '/channels', { name })
    await admin.in('POST', '/tasks', { title: `sorted ${name}` })
  }
  const { body: channels } = await admin.in<{ data: { name: string; type: string }[] }>(
    'GET',
    '/channels?per_page=100',
  )
  const names = channels.data.filter(({ type }) => type === 'org_wide').map(({ name }) => name)
  expect(names).toEqual(names.toSorted(compareNames))
  expect(names.indexOf('channel 2')).toBeLessThan(names.indexOf('channel 10'))
  const { body: tasks } = await admin.in<{ data: Task[] }>(
    'GET',
    '/tasks?q=sorted&sort=title&order=asc&per_page=100',
  )
  const titles = tasks.data.map(({ title }) => title)
  expect(titles).toHaveLength(WORDS.length - 1)
  expect(titles).toEqual(titles.toSorted(compareNames))
})

test('N8 the app sorts and folds as the database does', async () => {
  const rows = await sql<
    { word: string }[]
  >`select word from json_array_elements_text(${JSON.stringify(WORDS)}::text::json) as word order by word collate "natural"`
  expect(rows.map(({ word }) => word)).toEqual(WORDS.toSorted(compareNames))
  const texts = fc.sample(
    fc.string({ unit: fc.constantFrom(...'aÄßẞœÆłŁøØİıςΣёЁйﾊ上ｆ９é', 'e\u0301', '\u064b', '🙂', '\ufe0f') }),
    500,
  )
  const folded = await sql<{ folded: string }[]>`
    select fold_text(body) as folded from json_array_elements_text(${JSON.stringify(texts)}::text::json) with ordinality as t(body, place) order by place`
  expect(folded.map((row) => row.folded)).toEqual(texts.map(foldText))
})
