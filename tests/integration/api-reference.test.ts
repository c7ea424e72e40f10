import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiDocument, withReference } from '../../scripts/api-docs.ts'
import { startServer, type TestServer } from '../support/server.ts'

const PAGE = join(import.meta.dir, '..', '..', 'docs', 'api.md')

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

test('docs/api.md says what the API document says (else run: bun scripts/api-docs.ts)', async () => {
  const page = readFileSync(PAGE, 'utf8')
  const document = (await (await fetch(`${server.url}/docs/json`)).json()) as ApiDocument
  expect(page).toBe(withReference(page, document))
  for (const path of Object.keys(document.paths))
    expect(page).toContain(path.replace('/api/v1/orgs/{org_slug}/', '/'))
})
