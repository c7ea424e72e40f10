import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until, WsJournal } from '../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let forge: Agent
let probe: Agent
let general: string

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  forge = await addAgent(admin, 'forge')
  probe = await addAgent(admin, 'probe')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

const send = (body: object, channel_id = general, headers: Record<string, string> = {}) =>
  admin.in<Message>('POST', `/channels/${channel_id}/messages`, body, headers)
const post = async (body: object, channel_id = general) => (await send(body, channel_id)).body
const at = async (seq: number) =>
  (await admin.in<{ data: Message[] }>('GET', `/channels/${general}/messages`)).body.data.find(
    (message) => message.seq === seq,
  )

describe('C73 a message leaves members out', () => {
  test('whether its text mentions them, its ids do, or nothing does', async () => {
    const [left, other] = [forge.user.id, probe.user.id]
    for (const [body, mentions] of [
      [{ content: '@forge and @probe' }, [other]],
      [{ content: 'both', mentions: [left, other] }, [other]],
      [{ content: '@forge', mentions: [left] }, []],
      [{ content: 'nobody' }, []],
    ] as const) {
      const message = await post({ ...body, leave_out: [left, left] })
      expect([message.mentions, message.ignored_mentions]).toEqual([[...mentions], [left]])
      expect(await at(message.seq)).toMatchObject({ mentions, ignored_mentions: [left] })
    }
  })

  test('over a socket too', async () => {
    const socket = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
      Cookie: admin.cookieHeader,
      Origin: server.url,
    })
    socket.send({
      type: 'message',
      channel_id: general,
      content: '@forge @ana-lima',
      leave_out: [forge.user.id],
    })
    await until(() => socket.ofType('ack').length > 0, 'the acknowledgement')
    const message = await at(socket.ofType('ack')[0]?.seq ?? 0)
    expect(message).toMatchObject({ mentions: [ana.user_id], ignored_mentions: [forge.user.id] })
    socket.close()
  })

  test('a person who is left out is not counted as mentioned', async () => {
    const count = async () =>
      (await ana.in<{ mention_count: number }>('GET', `/channels/${general}`)).body.mention_count
    const before = await count()
    await post({ content: '@ana-lima look', leave_out: [ana.user_id] })
    expect(await count()).toBe(before)
    await post({ content: '@ana-lima look' })
    expect(await count()).toBe(before + 1)
  })

  test('ids of nobody, and of members without access, have no effect', async () => {
    const { body: project } = await admin.in<{ channel_id: string }>('POST', '/projects', {
      name: 'Harbour',
      type: 'software',
    })
    const message = await post(
      { content: 'quiet', leave_out: [crypto.randomUUID(), forge.user.id] },
      project.channel_id,
    )
    expect([message.mentions, message.ignored_mentions]).toEqual([[], []])
  })

  test('an agent that is left out is not said to be away', async () => {
    const message = await post({ content: '/status', leave_out: [forge.user.id] })
    await until(async () => ((await at(message.seq))?.deliveries.length ?? 0) > 0, 'the deliveries')
    expect((await at(message.seq))?.deliveries.map(({ agent_id }) => agent_id)).toEqual([probe.user.id])
  })

  test('a repeat is answered with what was stored, whatever it leaves out', async () => {
    const body = { content: '@forge once', client_id: 'left-out-once' }
    const first = await send({ ...body, leave_out: [forge.user.id] })
    const second = await send(body)
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.body).toEqual(first.body)
    expect((await send({ ...body, content: '@forge twice' })).status).toBe(409)
  })

  test('at most fifty ids', async () => {
    const ids = Array.from({ length: 51 }, () => crypto.randomUUID())
    expect((await send({ content: 'many', leave_out: ids })).status).toBe(400)
    expect((await send({ content: 'many', leave_out: ids.slice(1) })).status).toBe(201)
    expect((await send({ content: 'no id', leave_out: ['forge'] })).status).toBe(400)
  })
})
