import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase, urlOf } from '../../support/cluster.ts'
import { startServer } from '../../support/server.ts'

/** The last statement of a start: whether there is an account, or the set-up link is printed. */
const LAST = /from "users" limit/

test('a database that is lost during the start ends it before the server listens', async () => {
  const { app, drop } = await freshDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'mc-lost-'))
  let asked = 0
  const proxy = createServer((client) => {
    const upstream = connect(join(app.host, `.s.PGSQL.${app.port}`))
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('data', (bytes) => {
      if (LAST.test(bytes.toString('latin1'))) {
        asked++
        end()
      } else upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
    for (const side of [client, upstream]) side.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => proxy.listen(join(folder, '.s.PGSQL.5432'), resolve))
  try {
    const url = urlOf({ ...app, host: folder, port: 5432 })
    const started = startServer({ env: { MC_DATABASE_URL: url, MC_DATABASE_POOL: '6' } })
    const failure = await started.then(
      async (server) => {
        await server.ended()
        return server.log()
      },
      (error: unknown) => String(error),
    )
    expect(asked).toBeGreaterThan(0)
    expect(failure).toContain('Mission Control cannot start: ')
    expect(failure).not.toContain('listens on')
  } finally {
    proxy.close()
    rmSync(folder, { recursive: true, force: true })
    await drop()
  }
})
