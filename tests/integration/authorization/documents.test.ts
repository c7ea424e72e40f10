import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withRights } from '../../../scripts/authorization-docs.ts'

const PAGE = join(import.meta.dir, '..', '..', '..', 'docs', 'security.md')

test('docs/security.md says what the table of rights says (else run: bun scripts/authorization-docs.ts)', () => {
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toBe(withRights(page))
  expect(page.split('\n').filter((line) => line.startsWith('| `')).length).toBeGreaterThan(50)
})

test('a page without the marks is refused, not overwritten', () => {
  expect(() => withRights('# Security\n')).toThrow('lacks the lines')
})
