import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  type Channel,
  generalChannel,
  join,
  type Person,
  setUp,
} from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let forge: Agent
let general: Channel
let sync: { id: string; channel_id: string }

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Duarte')
  forge = await addAgent(admin, 'forge')
  general = await generalChannel(admin)
  sync = (await admin.in<typeof sync>('POST', '/projects', { name: 'Sync', type: 'software' })).body
})
afterAll(() => server.stop())

const edit = (who: { in: Person['in'] }, id: string, body: unknown) =>
  who.in<Channel & { error?: { code: string } }>('PATCH', `/channels/${id}`, body)
const read = async (id: string) => (await admin.in<Channel>('GET', `/channels/${id}`)).body

test('C66 an administrator changes name and topic of a channel, live and for good', async () => {
  const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, forge.headers)
  await admin.in('POST', `/channels/${general.id}/messages`, { content: 'One' })
  const answer = await edit(admin, general.id, { name: 'lobby', topic: '  Everything\n and   nothing ' })
  expect(answer).toMatchObject({ status: 200, body: { name: 'lobby', topic: 'Everything and nothing' } })
  await until(() => stream.ofType('channel.updated').length > 0, 'the event')
  expect(stream.ofType('channel.updated')[0]?.payload.channel).toEqual(answer.body)
  expect(await read(general.id)).toMatchObject({
    name: 'lobby',
    topic: 'Everything and nothing',
    last_seq: 1,
  })

  // The same again changes nothing, and what is not named stays.
  await edit(admin, general.id, { topic: 'Everything and nothing' })
  await edit(admin, general.id, { name: 'general' })
  expect(await read(general.id)).toMatchObject({ name: 'general', topic: 'Everything and nothing' })
  for (const topic of ['', null, ' \u200b ']) {
    await edit(admin, general.id, { topic: 'Words' })
    await edit(admin, general.id, { topic })
    expect((await read(general.id)).topic).toBeNull()
  }
  await until(() => stream.ofType('channel.updated').length >= 8, 'the events')
  expect(stream.ofType('channel.updated')).toHaveLength(8)
  await stream.close()
})

test('C66 names are unique, and a topic has its limit', async () => {
  await admin.in('POST', '/channels', { name: 'releases' })
  expect(await edit(admin, general.id, { name: 'Releases' })).toMatchObject({
    status: 409,
    body: { error: { code: 'NAME_TAKEN' } },
  })
  expect((await edit(admin, general.id, { topic: 'x'.repeat(251) })).status).toBe(400)
  expect((await edit(admin, general.id, { topic: '😀'.repeat(250) })).status).toBe(200)
})

test('C66 contributors change the topic of a channel of their projects, and no name', async () => {
  expect((await edit(ana, general.id, { topic: 'Mine' })).status).toBe(403)
  expect((await edit(ana, sync.channel_id, { topic: 'Mine' })).status).toBe(404)
  await admin.in('PUT', `/projects/${sync.id}/users/${ana.user_id}`)
  expect((await edit(ana, sync.channel_id, { topic: 'Beta on Monday' })).status).toBe(200)
  for (const who of [ana, admin])
    expect((await edit(who, sync.channel_id, { name: 'Other' })).status).toBe(400)
  // The name of the project is the name of its channel, which keeps its topic.
  await admin.in('PATCH', `/projects/${sync.id}`, { name: 'Offline sync' })
  expect(await read(sync.channel_id)).toMatchObject({ name: 'Offline sync', topic: 'Beta on Monday' })
})

test('C66 a topic survives a restart', async () => {
  await edit(admin, general.id, { topic: 'Kept' })
  await server.restart()
  expect((await read(general.id)).topic).toBe('Kept')
})
