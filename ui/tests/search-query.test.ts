import { expect, test } from 'bun:test'
import {
  countInWords,
  isSearch,
  paramsOfSearch,
  partsOfSnippet,
  routeOfSearch,
  searchOfRoute,
} from '../src/components/search/search-query.ts'

const PROJECT = '0190a2b4-7f00-7000-8000-000000000001'

test('the address holds what is set, and nothing else', () => {
  const query = {
    q: 'deploy',
    type: 'tasks',
    project_id: PROJECT,
    from: '2026-11-01',
    to: '2026-11-02',
    archived: '1',
  }
  const search = searchOfRoute(query)
  expect(search).toMatchObject({ q: 'deploy', type: 'tasks', project_id: PROJECT, archived: true })
  expect(routeOfSearch(search)).toEqual(query)
  expect(routeOfSearch(searchOfRoute({ q: 'deploy' }))).toEqual({ q: 'deploy' })
})

test('an address that was written by hand is read as far as it makes sense', () => {
  const search = searchOfRoute({
    q: ['a', 'b'],
    type: 'people',
    project_id: 'x',
    from: 'yesterday',
    archived: 'yes',
  })
  expect(search).toEqual({ q: '', type: '', project_id: '', from: '', to: '', archived: false })
  expect([...searchOfRoute({ q: '😀'.repeat(300) }).q]).toHaveLength(200)
})

test('days are asked for from the beginning of the first to the end of the last', () => {
  const params = paramsOfSearch(searchOfRoute({ q: ' deploy ', from: '2026-11-01', to: '2026-11-01' }))
  expect(params).toMatchObject({ q: 'deploy', types: undefined, per_type: 5, include_archived: undefined })
  expect(Date.parse(params.to ?? '') - Date.parse(params.from ?? '')).toBe(24 * 60 * 60_000)
  const of_type = paramsOfSearch(searchOfRoute({ q: 'deploy', type: 'tasks', archived: '1' }))
  expect(of_type).toMatchObject({ types: 'tasks', per_type: undefined, include_archived: 'true' })
})

test('a search has two characters', () => {
  expect(['', 'a', ' a ', 'ab', '上海', '😀'].map(isSearch)).toEqual([false, false, false, true, true, false])
})

test('a snippet becomes text, never markup', () => {
  expect(partsOfSnippet('A &lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; &quot;&#39;')).toEqual([
    { text: 'A <b>', hit: false },
    { text: 'bold', hit: true },
    { text: '</b> & "\'', hit: false },
  ])
  expect(partsOfSnippet('&amp;lt;')).toEqual([{ text: '&lt;', hit: false }])
  expect(partsOfSnippet('')).toEqual([])
})

test('counts say where counting ended', () => {
  expect([countInWords(0), countInWords(999)]).toEqual(['0', '999'])
  expect(countInWords(1_000)).toMatch(/^1.?000\+$/)
})
