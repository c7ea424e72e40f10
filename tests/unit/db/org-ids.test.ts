import { expect, test } from 'bun:test'
import { OrgIds } from '../../../src/db/org-ids.ts'

test('ids of orgs are looked up once, within a bound; what does not exist is looked up every time', async () => {
  const asked: string[] = []
  const ids = new OrgIds(
    {
      async orgId(slug: string) {
        asked.push(slug)
        return slug === 'nobody' ? undefined : `id of ${slug}`
      },
    },
    2,
  )
  for (const slug of ['a', 'a', 'nobody', 'nobody']) await ids.find(slug)
  expect(asked).toEqual(['a', 'nobody', 'nobody'])
  for (const slug of ['b', 'c', 'a']) await ids.find(slug)
  expect(asked.slice(3)).toEqual(['b', 'c', 'a'])
  ids.forget('id of a')
  expect(await ids.find('a')).toBe('id of a')
  expect(asked.slice(6)).toEqual(['a'])
})
