import { type ServerOptions, startServer as startAlone, type TestServer } from '../../support/server.ts'
import { BEHIND, startTwo } from './behind.ts'
import { until } from './browser.ts'

/** A server for a browser test: one process, or with `--behind` two nodes behind a real proxy. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  return BEHIND === undefined ? await startAlone(options) : await startTwo(BEHIND, options)
}

/** An empty server whose set-up link was printed: it may answer before its first lines are read. */
export async function startEmpty(options: ServerOptions = {}): Promise<TestServer> {
  const server = await startServer(options)
  await until(
    'the set-up link is printed',
    async () => server.setup_token,
    (token) => token !== '',
  )
  return server
}
