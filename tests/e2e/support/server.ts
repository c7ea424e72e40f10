import { startServer, type TestServer } from '../../support/server.ts'
import { until } from './browser.ts'

/** An empty server whose set-up link was printed: it may answer before its first lines are read. */
export async function startEmpty(options: Parameters<typeof startServer>[0] = {}): Promise<TestServer> {
  const server = await startServer(options)
  await until(
    'the set-up link is printed',
    async () => server.setup_token,
    (token) => token !== '',
  )
  return server
}
