import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '../../src/contracts/resources.ts'
import { type BridgeProcess, startBridge } from '../support/bridge-process.ts'
import { type Agent, addAgent, type Channel, join as joinOrg, type Person, setUp } from '../support/client.ts'
import { type CutProxy, startCutProxy } from '../support/cut-proxy.ts'
import { type GatewayProcess, startMockGateway } from '../support/mock-gateway/process.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** A server, a gateway and a bridge between them, each a process, the bridge's way to the server through a proxy. */
export interface Stage {
  server: TestServer
  gateway: GatewayProcess
  proxy: CutProxy
  bridge: BridgeProcess
  admin: Person
  people: Person[]
  agents: Agent[]
  channels: Channel[]
  /** With `keep`, the folder stays, with the log of the bridge in it. */
  stop(keep: boolean): Promise<void>
}

interface StageOptions {
  agents: number
  channels: number
  /** A compiled bridge instead of its source. */
  program?: readonly string[]
}

const TOKEN = 'soak-gateway-token'

export async function openStage({
  agents: count,
  channels: channel_count,
  program,
}: StageOptions): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-soak-'))
  const server = await startServer({ cluster: 'own', env: { MC_LOG_LEVEL: 'error' } })
  const proxy = await startCutProxy(server.port)
  const admin = await setUp(server)
  const people = await Promise.all([0, 1, 2].map((i) => joinOrg(admin, `Person ${i}`)))
  const agents: Agent[] = []
  for (let i = 0; i < count; i++) agents.push(await addAgent(admin, `agent-${i}`))
  const gateway = await startMockGateway({
    folder: join(folder, 'gateway'),
    token: TOKEN,
    agents: agents.map(({ user }) => user.identifier ?? ''),
  })
  const channels: Channel[] = []
  for (let i = 0; i < channel_count; i++)
    channels.push((await admin.in<Channel>('POST', '/channels', { name: `soak ${i}` })).body)
  const bridge = await startBridge({
    folder: join(folder, 'bridge'),
    server_url: `http://127.0.0.1:${proxy.port}`,
    gateway: { url: gateway.url, token: TOKEN },
    agents: agents.map(({ key, org, user }) => ({
      name: user.identifier ?? '',
      gateway_agent: user.identifier ?? '',
      key,
      org,
    })),
    ...(program ? { program } : {}),
  })
  return {
    server,
    gateway,
    proxy,
    bridge,
    admin,
    people,
    agents,
    channels,
    async stop(keep) {
      await bridge.stop()
      await gateway.stop()
      await proxy.stop()
      await server.stop()
      if (!keep) return rmSync(folder, { recursive: true, force: true })
      writeFileSync(join(folder, 'bridge.log'), bridge.log())
      console.log(`kept: ${folder}`)
    },
  }
}

/** All messages of a channel, by seq. */
export async function messagesOf(person: Pick<Person, 'in'>, channel_id: string): Promise<Message[]> {
  const messages: Message[] = []
  for (let cursor = ''; ; ) {
    const { body } = await person.in<{ data: Message[]; next_cursor: string | null }>(
      'GET',
      `/channels/${channel_id}/messages?limit=200${cursor && `&cursor=${cursor}`}`,
    )
    messages.push(...body.data)
    if (body.next_cursor === null) return messages.toReversed()
    cursor = body.next_cursor
  }
}
