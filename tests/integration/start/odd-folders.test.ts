import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUp } from '../../support/client.ts'
import { copyTemplate } from '../../support/cluster.ts'
import { startServer } from '../../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'mc-odd-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a shell, a URL, a list of PostgreSQL or a connection string would read as more than a name. */
test.each([
  'a b',
  'a,b',
  `a'b`,
  'a"b',
  'a$(id)`id`',
  'a%20b%s',
  'a#b?c&d=e',
  'ä 日本 🦀',
  ' a',
  '-a',
  'a;b',
  'a:b@c',
])('a data folder may be called %j', async (name) => {
  const data_dir = join(folder, name)
  await copyTemplate(data_dir)
  const server = await startServer({ data_dir })
  try {
    const admin = await setUp(server)
    await server.restart()
    expect((await admin.call('GET', '/auth/me')).status).toBe(200)
  } finally {
    await server.stop()
  }
})
