import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Channel } from '../../src/contracts/resources.ts'
import { type Agent, addAgent, join, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let admin: Person
let bot: Agent

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  bot = await addAgent(admin, 'bot')
})
afterAll(() => server.stop())

let n = 0
async function newChannel(): Promise<string> {
  return (await admin.in<Channel>('POST', '/channels', { name: `unread ${n++}` })).body.id
}

type Reader = Pick<Person, 'in'>

const post = (who: Reader, id: string, content: string) =>
  who.in('POST', `/channels/${id}/messages`, { content })

async function marks(who: Reader, id: string) {
  const { body } = await who.in<Channel>('GET', `/channels/${id}`)
  const { last_seq, read_seq, unread_count, mention_count } = body
  return [last_seq, read_seq, unread_count, mention_count]
}

test('C41 own messages are never unread: of agents, of people, one by one and many at once', async () => {
  const id = await newChannel()
  for (let i = 0; i < 5; i++) await post(bot, id, `one by one ${i}`)
  expect(await marks(bot, id)).toEqual([5, 5, 0, 0])
  await Promise.all(Array.from({ length: 20 }, (_, i) => post(bot, id, `at once ${i}`)))
  expect(await marks(bot, id)).toEqual([25, 25, 0, 0])
  expect((await marks(admin, id))[2]).toBe(25)
  await post(admin, id, 'own')
  expect((await marks(admin, id))[2]).toBe(25)
})

test('C42 a post marks no earlier message as read, and the next marker counts the rest', async () => {
  const id = await newChannel()
  for (const content of ['1', '2', '3']) await post(bot, id, content)
  await post(admin, id, '4')
  await post(bot, id, '5 @ines-carvalho')
  await post(admin, id, '6')
  expect(await marks(admin, id)).toEqual([6, 0, 4, 1])
  const read = async (seq: number) => (await admin.in('PUT', `/channels/${id}/read`, { seq })).body
  expect(await read(2)).toEqual({ read_seq: 2, unread_count: 2, mention_count: 1 })
  expect(await read(3)).toEqual({ read_seq: 3, unread_count: 1, mention_count: 1 })
  expect(await read(5)).toEqual({ read_seq: 5, unread_count: 0, mention_count: 0 })
  // Nothing but the reader's own is left: the next own message moves the marker to the end.
  await post(admin, id, '7')
  expect(await marks(admin, id)).toEqual([7, 7, 0, 0])
})

test('C43 messages and markers at the same time leave exact counts', async () => {
  const id = await newChannel()
  const markers = Array.from({ length: 20 }, (_, i) =>
    admin.in('PUT', `/channels/${id}/read`, { seq: 2 * i }),
  )
  const posts = Array.from({ length: 30 }, (_, i) => post(i % 2 === 0 ? admin : bot, id, `${i}`))
  await Promise.all([...markers, ...posts])
  const { body } = await admin.in<{ data: { seq: number; sender: { id: string } }[] }>(
    'GET',
    `/channels/${id}/messages?limit=100`,
  )
  const [last_seq, read_seq, unread_count] = await marks(admin, id)
  const unread = body.data.filter(({ seq, sender }) => seq > read_seq! && sender.id !== admin.user_id)
  expect([last_seq, unread_count]).toEqual([30, unread.length])
})

test('C67 messages are unread again from one on, mentions too, but never the own ones', async () => {
  const id = await newChannel()
  for (const content of ['1', '2', '3 @ines-carvalho', '4']) await post(bot, id, content)
  const put = async (what: 'read' | 'unread', body: unknown) =>
    (await admin.in(`PUT`, `/channels/${id}/${what}`, body)).body
  await put('read', { seq: 4 })
  await post(admin, id, '5')
  expect(await marks(admin, id)).toEqual([5, 5, 0, 0])
  expect(await put('unread', { seq: 3 })).toEqual({
    read_seq: 2,
    unread_count: 2,
    mention_count: 1,
    rewinds: 1,
  })
  expect(await marks(admin, id)).toEqual([5, 2, 2, 1])
  // Never forward; a late marker of before changes nothing; a new one reads again.
  expect(await put('unread', { seq: 5 })).toMatchObject({ read_seq: 2, rewinds: 2 })
  expect(await put('read', { seq: 5, rewinds: 1 })).toMatchObject({ read_seq: 2, unread_count: 2 })
  await post(bot, id, '6')
  expect(await put('read', { seq: 4, rewinds: 2 })).toMatchObject({ read_seq: 4, unread_count: 1 })
  expect((await admin.in<Channel>('GET', `/channels/${id}`)).body.rewinds).toBe(2)
  // Of others nothing has changed.
  expect((await marks(bot, id))[1]).toBe(4)
  expect((await admin.in('PUT', `/channels/${id}/unread`, { seq: 0 })).status).toBe(400)
})

test('C68 a muted channel is muted for its reader only, everywhere, and goes on counting', async () => {
  const id = await newChannel()
  const muted = async (who: Reader) => {
    const { body } = await who.in<{ data: Channel[] }>('GET', '/channels?limit=100')
    return body.data.find((channel) => channel.id === id)?.muted
  }
  const mute = async (value: boolean) =>
    await admin.in('PUT', `/channels/${id}/preferences`, { muted: value })
  expect(await mute(true)).toMatchObject({ status: 200, body: { muted: true } })
  expect([await muted(admin), await muted(bot)]).toEqual([true, false])
  await post(bot, id, '1 @ines-carvalho')
  expect(await marks(admin, id)).toEqual([1, 0, 1, 1])
  await admin.in('PUT', `/channels/${id}/read`, { seq: 1 })
  expect(await muted(admin)).toBe(true)
  await mute(false)
  expect(await muted(admin)).toBe(false)
  expect((await admin.in('PUT', `/channels/${id}/preferences`, {})).status).toBe(400)
})

test('C44 new access to a channel starts at its end: joined, assigned, made an administrator', async () => {
  const id = await newChannel()
  for (let i = 0; i < 3; i++) await post(bot, id, `before ${i}`)
  const { body: project } = await admin.in<{ id: string; channel_id: string }>('POST', '/projects', {
    name: 'Harbour',
    type: 'software',
  })
  await post(admin, project.channel_id, 'before')
  const bo = await join(admin, 'Bo Lindqvist')
  const newcomer = await addAgent(admin, 'newcomer')
  expect((await marks(bo, id))[2]).toBe(0)
  expect((await marks(newcomer, id))[2]).toBe(0)
  await post(bot, id, 'after')
  expect((await marks(bo, id))[2]).toBe(1)
  await admin.in('PUT', `/projects/${project.id}/users/${newcomer.user.id}`)
  expect((await marks(newcomer, project.channel_id))[2]).toBe(0)
  const cleo = await join(admin, 'Cleo Marsh')
  await admin.in('PATCH', `/projects/${project.id}`, { owner_id: cleo.user_id })
  expect((await marks(cleo, project.channel_id))[2]).toBe(0)
  await admin.in('PATCH', `/users/${bo.user_id}`, { role: 'administrator' })
  expect((await marks(bo, project.channel_id))[2]).toBe(0)
  await post(admin, project.channel_id, 'after')
  for (const who of [bo, newcomer, cleo]) expect((await marks(who, project.channel_id))[2]).toBe(1)
})

test('C49 messages that mention the caller are found from any place, without the caller’s own', async () => {
  const id = await newChannel()
  for (const content of ['1', '2 @ines-carvalho', '3', '4 @ines-carvalho']) await post(bot, id, content)
  await post(admin, id, '5 @ines-carvalho, a note to oneself')
  await post(bot, id, '6 @ines-carvalho')
  const found = async (query: string, who: Reader = admin) => {
    const { body } = await who.in<{ data: { seq: number }[]; next_cursor: string | null }>(
      'GET',
      `/channels/${id}/messages?mentions_me=true&${query}`,
    )
    return [body.data.map(({ seq }) => seq), body.next_cursor]
  }
  expect(await found('')).toEqual([[6, 4, 2], null])
  expect(await found('after=0&limit=1')).toEqual([[2], 'after.2'])
  expect(await found('cursor=after.2&limit=5')).toEqual([[6, 4], null])
  expect(await found('before=6&limit=5')).toEqual([[4, 2], null])
  expect(await found('', bot)).toEqual([[], null])
  const refused = await admin.in('GET', `/channels/${id}/messages?mentions_me=true&around=3`)
  expect(refused.status).toBe(400)
})
