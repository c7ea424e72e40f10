import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBehind } from '../../support/behind.ts'
import { generalChannel, Person } from '../../support/client.ts'
import { urlOf } from '../../support/cluster.ts'
import { SECRET } from '../../support/nodes.ts'
import { PROXIES } from '../../support/proxies.ts'
import type { ServerOptions, TestServer } from '../../support/server.ts'
import { leakedSecrets } from '../../support/used-secrets.ts'
import type { Demo } from './demo.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')

/** Name of the proxy that `npm test e2e -- --behind NAME` puts before the servers of the browser tests; none otherwise. */
export const BEHIND = process.env.MC_TEST_BEHIND || undefined

/**
 * Two nodes behind that proxy, for a test that knows one server: what it does to the server is done to both nodes, and the
 * proxy goes on. Programs that the test starts check the certificate of the proxy.
 */
export async function startTwo(name: string, { env, port }: ServerOptions): Promise<TestServer> {
  const found = PROXIES.find((one) => one.name.toLowerCase() === name)
  if (!found?.present) throw new Error(`There is no ${name} on this machine.`)
  const behind = await startBehind(found.start, {
    ...(env ? { env } : {}),
    ...(port === undefined ? {} : { port }),
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

/** Fills an empty server with the organization of the demo, by the command for a database that nodes share. */
export async function seeded(server: TestServer): Promise<Demo> {
  const data_dir = mkdtempSync(join(tmpdir(), 'mc-seed-'))
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'db', 'seed'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '/',
      MC_DATA_DIR: data_dir,
      MC_DATABASE_URL: urlOf(server.connection('app')),
      MC_JWT_SECRET: SECRET,
      MC_KEY_PEPPER: SECRET,
      MC_PUBLIC_URL: server.url,
    },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const printed = await new Response(child.stdout).text()
  rmSync(data_dir, { recursive: true, force: true })
  const org_slug = /organization \("([^"]+)"\)/.exec(printed)?.[1]
  if ((await child.exited) !== 0 || org_slug === undefined) throw new Error(`db seed failed: ${printed}`)
  const people = [...printed.matchAll(/^ {2}([^:]+): (\S+), password (\S+)$/gm)].map(
    ([, name = '', email = '', password = '']) => ({ name, email, password }),
  )
  const [first] = people
  if (!first) throw new Error(`db seed names nobody: ${printed}`)
  const person = await new Person(server.url).signIn(first.email, first.password)
  return { server, logins: { org_slug, people, channel_id: (await generalChannel(person)).id } }
}
