import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let general: string
let socket: WsJournal

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  general = (await generalChannel(admin)).id
  socket = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
    Cookie: admin.cookieHeader,
    Origin: server.url,
  })
})
afterAll(async () => {
  socket?.close()
  await server?.stop()
})

const here = (user_id: string, channel_id = general) =>
  socket
    .ofType('presence')
    .findLast((frame) => frame.channel_id === channel_id)
    ?.user_ids.includes(user_id) ?? false
const streamOf = (agent: Agent) =>
  SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, agent.headers)
const post = async (body: object, channel_id = general) =>
  (await admin.in<Message>('POST', `/channels/${channel_id}/messages`, body)).body
const at = async (seq: number, channel_id = general) =>
  (await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages`)).body.data.find(
    (message) => message.seq === seq,
  )
/** The deliveries of a message, once there are so many. */
async function deliveries(seq: number, count: number, channel_id = general) {
  await until(async () => ((await at(seq, channel_id))?.deliveries.length ?? 0) >= count, 'deliveries')
  return (await at(seq, channel_id))?.deliveries ?? []
}

describe('C52 the server says under a message which of its agents are not connected', () => {
  test('never connected: at once, stored, once for a repeated post, and moved on by the agent itself', async () => {
    const ghost = await addAgent(admin, 'ghost')
    const client_id = crypto.randomUUID()
    const message = await post({ content: '@ghost please look', client_id })
    expect(await deliveries(message.seq, 1)).toMatchObject([
      { agent_id: ghost.user.id, state: 'queued', detail: 'never connected' },
    ])
    const frames = () => socket.ofType('delivery').filter(({ seq }) => seq === message.seq)
    await until(() => frames().length > 0)
    expect((await post({ content: '@ghost please look', client_id })).id).toBe(message.id)
    const after = await post({ content: '@ghost and here' })
    await deliveries(after.seq, 1)
    expect(frames()).toMatchObject([{ state: 'queued', detail: 'never connected' }])
    expect(after.seq).toBe(message.seq + 1)
    const report = `/channels/${general}/messages/${message.seq}/deliveries`
    expect((await ghost.in('POST', report, { state: 'delivered' })).status).toBe(200)
    expect(await deliveries(message.seq, 1)).toMatchObject([{ state: 'delivered', detail: null }])
  })

  test('with the time at which it left', async () => {
    const owl = await addAgent(admin, 'owl')
    const stream = await streamOf(owl)
    await until(() => here(owl.user.id))
    const before = new Date().toISOString()
    stream.close()
    await until(() => !here(owl.user.id))
    const { seq } = await post({ content: '@owl are you there?' })
    const [delivery] = await deliveries(seq, 1)
    const since = /^not connected since (\S+)$/.exec(delivery?.detail ?? '')?.[1] ?? ''
    expect(since >= before && since <= new Date().toISOString()).toBe(true)
  })

  test('not of one that is connected, nor of a person, nor of a message without a mention', async () => {
    const lark = await addAgent(admin, 'lark')
    await addAgent(admin, 'wraith')
    const stream = await streamOf(lark)
    await until(() => here(lark.user.id))
    const plain = await post({ content: 'nothing for anybody' })
    const both = await post({ content: '@lark and @wraith' })
    expect((await deliveries(both.seq, 1)).map(({ detail }) => detail)).toEqual(['never connected'])
    expect((await at(plain.seq))?.deliveries).toEqual([])
    stream.close()
  })
})

test('C53 a command that no agent takes says so', async () => {
  const project = (
    await admin.in<{ channel_id: string; id: string }>('POST', '/projects', {
      name: 'Quay',
      type: 'software',
    })
  ).body
  const alone = await post({ content: '/status' }, project.channel_id)
  await until(async () => (await at(alone.seq + 1, project.channel_id)) !== undefined)
  expect(await at(alone.seq + 1, project.channel_id)).toMatchObject({
    kind: 'command_output',
    reply_to: alone.id,
    content: 'No agent of this channel takes /status.',
  })
  const crane = await addAgent(admin, 'crane')
  await admin.in('PUT', `/projects/${project.id}/users/${crane.user.id}`)
  const waits = await post({ content: '/status' }, project.channel_id)
  expect(await deliveries(waits.seq, 1, project.channel_id)).toMatchObject([
    { agent_id: crane.user.id, state: 'queued', detail: 'never connected' },
  ])
  const stream = await streamOf(crane)
  await until(() => here(crane.user.id))
  const taken = await post({ content: '/status' }, project.channel_id)
  const mention = await post({ content: '/status @crane' }, project.channel_id)
  const other = await post({ content: 'hi @wraith' })
  await deliveries(other.seq, 1)
  for (const { seq } of [taken, mention]) expect((await at(seq, project.channel_id))?.deliveries).toEqual([])
  stream.close()
})
