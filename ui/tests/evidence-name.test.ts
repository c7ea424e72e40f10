import { expect, test } from 'bun:test'
import { evidenceName } from '../src/components/tasks/evidence-name.ts'

test.each([
  ['https://github.com/fieldnote/app/pull/318', 'Pull request 318'],
  ['https://github.com/fieldnote/app/pull/318/files', 'Pull request 318'],
  ['https://gitlab.example/fieldnote/app/-/merge_requests/12', 'Pull request 12'],
  ['https://bitbucket.org/fieldnote/app/pull-requests/7', 'Pull request 7'],
  ['https://forge.example/pull/latest', 'Pull request, forge.example'],
  ['no address', 'Pull request'],
])('evidence of the address %s is called %s', (url, name) => {
  expect(evidenceName({ type: 'pr_link', url })).toBe(name)
})
