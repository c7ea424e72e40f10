import { join } from 'node:path'
import { runningEmbedded } from '../../../src/db/embedded/running.ts'
import { startBehind } from '../../support/behind.ts'
import { urlOf } from '../../support/cluster.ts'
import { PROXIES } from '../../support/proxies.ts'
import type { ServerOptions, TestServer } from '../../support/server.ts'
import { leakedSecrets } from '../../support/used-secrets.ts'

/** Name of the proxy that `npm test e2e -- --behind NAME` puts before the servers of the browser tests; none otherwise. */
export const BEHIND = process.env.MC_TEST_BEHIND || undefined

/**
 * Two nodes behind that proxy, for a test that knows one server: what it does to the server is done to both nodes, and the
 * proxy goes on. Programs that the test starts check the certificate of the proxy.
 */
export async function startTwo(name: string, { env, port, command }: ServerOptions): Promise<TestServer> {
  const found = PROXIES.find((one) => one.name.toLowerCase() === name)
  if (!found?.present) throw new Error(`There is no ${name} on this machine.`)
  const demo = command?.[0] === 'demo'
  const behind = await startBehind(found.start, {
    ...(env ? { env } : {}),
    ...(port === undefined ? {} : { port }),
    command,
    // The demo keeps its rows in a PostgreSQL of its own.
    database_url: (_, url, [first]) => (demo && first ? urlOf(embeddedOf(first)) : url),
  })
  const { proxy, nodes, database } = behind
  const [first] = nodes
  if (!first) throw new Error('no node runs')
  for (const variable of ['CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS']) process.env[variable] = proxy.authority
  const all = async (act: (node: TestServer) => Promise<void>) => void (await Promise.all(nodes.map(act)))
  return {
    url: proxy.url,
    port: proxy.port,
    pid: first.pid,
    data_dir: first.data_dir,
    get setup_token() {
      return first.setup_token
    },
    log: () => nodes.map((node) => node.log()).join(''),
    connection: (role) => (role === 'app' ? database.app : database.owner),
    kill: (signal) => all((node) => node.kill(signal)),
    ended: () => all((node) => node.ended()),
    restart: () => all((node) => node.restart()),
    async stop() {
      const log = proxy.log()
      await behind.stop()
      const leaked = leakedSecrets(log)
      if (leaked.length > 0) throw new Error(`The log of the proxy holds secrets: ${leaked.join(', ')}`)
    },
  }
}

function embeddedOf(node: TestServer) {
  const found = runningEmbedded(join(node.data_dir, 'demo'))
  if (!found) throw new Error('the demo has no PostgreSQL')
  return found
}
