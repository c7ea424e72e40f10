import { rmSync } from 'node:fs'
import type { Message } from '../../src/contracts/resources.ts'
import { contractOf } from '../support/contract.ts'
import { type Described, operationsOf } from '../support/operations.ts'
import { type RawAnswer, type RawRequest, sendRaw } from '../support/raw.ts'
import { rawRequest } from '../support/raw-socket.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { makeSmallOrg, pathOf, type SmallOrg } from '../support/small-org.ts'
import { until } from '../support/streams.ts'

/** The target of the attacks: a server that somebody else uses, and all of its operations. */
export interface World extends SmallOrg {
  server: TestServer
  operations: Described[]
}

let started: Promise<World> | undefined

/** One server for all files of a process, which an attack must leave whole. It ends with the process. */
export function world(): Promise<World> {
  started ??= start()
  return started
}

async function start(): Promise<World> {
  const server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  process.on('exit', () => {
    process.kill(server.pid, 'SIGKILL')
    rmSync(server.data_dir, { recursive: true, force: true })
  })
  const org = await makeSmallOrg(server)
  const operations = operationsOf((await contractOf(server.url)).document)
  return { ...org, server, operations }
}

/** As the browser of the administrator sends it, without what scripts add. */
export function cookies({ admin }: World): Record<string, string> {
  return { Cookie: admin.cookieHeader }
}

export function csrf({ admin }: World): Record<string, string> {
  return { 'X-CSRF-Token': admin.cookies.get('mc_csrf') ?? '' }
}

/** Calls an operation at the ids of the org. */
export async function send(
  { server, params }: World,
  { method, path }: Described,
  request: Partial<RawRequest> = {},
): Promise<RawAnswer> {
  return await sendRaw(server.url + pathOf(path, params), { method, ...request })
}

export function codeOf({ text }: RawAnswer): string {
  try {
    return (JSON.parse(text) as { error: { code: string } }).error.code
  } catch {
    return text.slice(0, 40)
  }
}

/** All that comes back over a bare connection until it is quiet: the server answered, closed it, or both. */
export async function exchange(
  { server }: World,
  lines: readonly string[],
  rest: string | Buffer = '',
): Promise<string> {
  const request = rawRequest(server.port, lines)
  request.socket.write(rest)
  await until(() => request.closed() || request.text() !== '')
  // A further answer would follow at once.
  await Bun.sleep(50)
  request.socket.destroy()
  return request.text()
}

/** The newest messages of the channel that everybody reads. */
export async function messages({ admin, params }: World): Promise<Message[]> {
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${params.channel_id}/messages`)
  return body.data
}
