import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type EventEnvelope, STREAM_CONTROLS } from '../../../src/contracts/events.ts'
import type { Evidence, Project, SubAgent, Task, User } from '../../../src/contracts/resources.ts'
import { EVENT_TYPES } from '../../../src/contracts/vocabulary.ts'
import { Authenticator } from '../../support/authenticator.ts'
import { type Agent, addAgent, generalChannel, join, PASSWORD, Person, setUp } from '../../support/client.ts'
import { Contract, contractOf } from '../../support/contract.ts'
import { failAnExport } from '../../support/exports.ts'
import { runJob } from '../../support/run-job.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'
import { hostSubAgent, spawnSubAgent } from '../../support/sub-agent.ts'
import { addWaysIn } from '../../support/ways-in.ts'

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
})
afterAll(() => server.stop())

/** Events of what this version does not do yet, or does only after months. */
const NOT_YET = /^(sub_agent\.expired|task\.archived|channel\.updated|auth\.identity_linked)/

async function done<T>(answer: Promise<{ status: number; body: T }>): Promise<T> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

async function changeTheOrg(): Promise<void> {
  await done(admin.in('PATCH', '', { name: 'Fieldnote 2' }))
  await done(
    admin.in('PATCH', '', { settings: { agent_limits: { loop_brake: { messages: 2, minutes: 1 } } } }),
  )
  await done(admin.in('POST', '/suspend'))
  await done(admin.in('POST', '/resume'))
  await done(admin.in('DELETE', '', { confirm: admin.org }))
  await done(admin.in('POST', '/restore'))
}

async function changeMembers(): Promise<void> {
  await done(admin.in('PATCH', `/users/${ana.user_id}`, { role: 'administrator', display_name: 'Ana L.' }))
  const spare = await addAgent(admin, 'spare')
  const client = { name: 'mc-bridge', version: '1.0.0', wake: 'all', state: 'degraded', detail: 'Starts.' }
  const gateway = { version: '2026.7.1', connected: false }
  await done<unknown>(spare.in('PUT', '/users/me/client', { ...client, gateway }))
  await done(admin.in('POST', `/users/${spare.user.id}/api-keys/rotate`, { grace_hours: 1 }))
  const directory = await done(admin.in<{ id: string }>('POST', '/scim-tokens', { name: 'Directory' }))
  await done(admin.in('DELETE', `/scim-tokens/${directory.id}`))
  await addWaysIn(server, ana)
  const ways = await done(ana.call<{ data: { id: string }[] }>('GET', '/auth/identities'))
  await done(ana.call('DELETE', `/auth/identities/${ways.data[0]?.id}`))
  const sql = databaseOf(server)
  await sql`update api_keys set created_at = now() - interval '100 days' where expires_at is null`
  await runJob(sql, 'remind_of_keys')
  await sql.end()
  const wrong = `${spare.key.slice(0, -1)}${spare.key.endsWith('x') ? 'y' : 'x'}`
  await spare.in('GET', '/users/me', undefined, { Authorization: `Bearer ${wrong}` })
  await done(admin.in('DELETE', `/users/${spare.user.id}/api-keys`))
  await done(admin.in('DELETE', `/users/${spare.user.id}`))
  const elsewhere = new Person(server.url)
  await elsewhere.call('POST', '/auth/password', { email: 'ana.lima@example.com', password: 'a wrong one' })
  await elsewhere.signIn('ana.lima@example.com', PASSWORD)
  await done(elsewhere.call('POST', '/auth/logout'))
  const bo = await join(admin, 'Bo Link')
  const link = await done(admin.in<{ sign_in_url: string }>('POST', `/users/${bo.user_id}/sign-in-link`))
  const token = link.sign_in_url.split('/').at(-1)
  await done(elsewhere.call('POST', `/auth/sign-in-links/${token}/accept`, { password: `${PASSWORD} new` }))
  const begun = await done(
    elsewhere.call<{ token: string; options: { challenge: string } }>('POST', '/auth/passkeys/options', {
      current_password: `${PASSWORD} new`,
    }),
  )
  const credential = new Authenticator(`http://localhost:${server.port}`).create(begun.options)
  await done(elsewhere.call('POST', '/auth/passkeys', { token: begun.token, name: 'Key', credential }))
}

async function changeWork(): Promise<void> {
  const { id } = await done(admin.in<Project>('POST', '/projects', { name: 'Harbour', type: 'docs' }))
  const project = `/projects/${id}`
  await done(admin.in('PATCH', project, { name: 'Harbours' }))
  await done(admin.in('POST', `${project}/transition`, { to_stage: 'poc' }))
  await done(admin.in('PUT', `${project}/users/${bot.user.id}`))
  await done(admin.in('DELETE', `${project}/users/${bot.user.id}`))
  const create = (title: string, rest: object = {}) =>
    done(admin.in<Task>('POST', '/tasks', { title, project_ids: [id], ...rest }))
  const task = `/tasks/${(await create('A task', { assignee_ids: [ana.user_id] })).id}`
  const blocker = (await create('A blocker')).id
  await done(admin.in('PATCH', task, { title: 'The task', assignee_ids: [] }))
  await done(admin.in('PUT', `${task}/dependencies/${blocker}`))
  await done(admin.in('DELETE', `${task}/dependencies/${blocker}`))
  const body = { type: 'doc_url', url: 'https://docs.example.com/1' }
  const evidence = await done(admin.in<Evidence>('POST', `${task}/evidence`, body))
  await done(admin.in('DELETE', `${task}/evidence/${evidence.id}`))
  await done(admin.in('POST', `${task}/transition`, { to_status: 'in-progress' }))
  const spawn = { task_id: task.replace('/tasks/', ''), model: 'fake-1', instructions: 'Read it.' }
  const { agent } = await spawnSubAgent(admin, spawn)
  await done(agent.in<SubAgent>('POST', '/sub-agents/me/complete', { summary: 'It was read.' }))
  const { sub_agent } = await hostSubAgent(admin, bot, spawn)
  await done(admin.in('POST', `/sub-agents/${sub_agent.id}/terminate`, { reason: 'Read twice.' }))
  await done(admin.in('DELETE', project))
}

async function talk(): Promise<void> {
  await done(admin.in('POST', '/channels', { name: 'release' }))
  const general = `/channels/${(await generalChannel(admin)).id}/messages`
  await done(admin.in('POST', general, { content: '/help with this' }))
  const echo = await addAgent(admin, 'echo')
  for (let i = 0; i < 4; i++) await (i % 2 ? bot : echo).in('POST', general, { content: `round ${i}` })
  await done(admin.in('POST', general, { content: `@${bot.user.username} go on` }))
}

async function exportTheOrg(): Promise<void> {
  await done(admin.in('POST', '/exports'))
  await failAnExport(server, admin)
}

test('W2 every event is valid by the schema of its type: live, replayed and listed', async () => {
  const url = `${server.url}/api/v1/orgs/${admin.org}/events/stream`
  const live = await SseJournal.open(`${url}?last_event_id=0`, { Cookie: admin.cookieHeader })
  await changeTheOrg()
  await changeMembers()
  await changeWork()
  await talk()
  await exportTheOrg()
  const listed: EventEnvelope[] = []
  const missing = () => {
    const seen = new Set(listed.map(({ type }) => type))
    return EVENT_TYPES.filter((type) => !NOT_YET.test(type) && !seen.has(type))
  }
  // Records of failures and the end of the brake are written a little later.
  await until(async () => {
    const { body } = await admin.in<{ data: EventEnvelope[] }>('GET', '/events?order=asc&limit=200')
    listed.splice(0, listed.length, ...body.data)
    return missing().length === 0
  }, 'an event of every type').catch(() => undefined)
  expect(missing()).toEqual([])
  await until(() => live.sequences.length >= listed.length)
  const replayed = await SseJournal.open(`${url}?last_event_id=0`, { Cookie: admin.cookieHeader })
  await until(() => replayed.sequences.length >= listed.length)
  const rows = ({ events }: SseJournal) =>
    events.filter((event) => 'sequence' in event && event.sequence !== null).slice(0, listed.length)
  expect(rows(live)).toEqual(listed)
  expect(rows(replayed)).toEqual(listed)
  expect(live.problems).toEqual([])
  expect(replayed.problems).toEqual([])
  await live.close()
  await replayed.close()
})

test('W2 every frame of a stream that is no event of the log is valid by its schema', async () => {
  const url = `${server.url}/api/v1/orgs/${admin.org}/events/stream`
  await done(admin.in('PATCH', `/users/${ana.user_id}`, { role: 'contributor' }))
  const leaving = await new Person(server.url).signIn('ana.lima@example.com', PASSWORD)
  const streams = await Promise.all([
    SseJournal.open(url, { Cookie: leaving.cookieHeader }),
    SseJournal.open(`${url}?last_event_id=otherlog.1`, { Cookie: ana.cookieHeader }),
    SseJournal.open(url, { Cookie: admin.cookieHeader }),
  ])
  await done(admin.in('POST', '/tasks', { title: 'For Ana', assignee_ids: [ana.user_id] }))
  const [own, other, administrator] = streams
  const of_ana = [own, other]
  await until(() => of_ana.every((one) => one?.ofType('notification.created').length === 1))
  await done(ana.in('POST', '/notifications/read-all'))
  await until(() => of_ana.every((one) => one?.ofType('notification.read').length === 1))
  await until(async () => (await admin.in('POST', '/exports')).status === 201)
  await until(() => (administrator?.ofType('export.progress').length ?? 0) > 0)
  expect(of_ana.map((one) => one?.ofType('export.progress'))).toEqual([[], []])
  await done(leaving.call('POST', '/auth/logout'))
  await until(() => streams[0]?.ended ?? false)
  const seen = new Set(streams.flatMap(({ events }) => events.map(({ type }) => type)))
  expect(Object.keys(STREAM_CONTROLS).filter((type) => !seen.has(type as never))).toEqual([])
  for (const stream of streams) {
    expect(stream.problems).toEqual([])
    await stream.close()
  }
})

test('W3 every frame of a socket is valid by its schema', async () => {
  const channel_id = (await generalChannel(admin)).id
  const url = `${server.url}/api/v1/orgs/${admin.org}/channels/ws`
  const socket = await WsJournal.open(url, { Cookie: admin.cookieHeader, Origin: server.url })
  const other = await WsJournal.open(url, bot.headers, { resume: { [channel_id]: 999 } })
  const again = await WsJournal.open(url, { Cookie: admin.cookieHeader, Origin: server.url })
  socket.send({
    type: 'message',
    channel_id,
    content: 'over the socket',
    client_id: 'c-1',
    leave_out: [bot.user.id],
  })
  socket.send({ type: 'typing', channel_id })
  socket.send({ type: 'read', channel_id, seq: 1 })
  socket.send({ type: 'ping' })
  socket.send('no frame')
  const { id } = await done(
    admin.in<Project>('POST', '/projects', { name: 'Quay', type: 'docs', assigned_user_ids: [bot.user.id] }),
  )
  await until(() => other.ofType('channel_added').length === 1)
  await done(admin.in('DELETE', `/projects/${id}/users/${bot.user.id}`))
  await done(admin.in('PUT', `/channels/${channel_id}/unread`, { seq: 1 }))
  await done(admin.in('PUT', `/channels/${channel_id}/preferences`, { muted: true }))
  const delivered = bot.in('POST', `/channels/${channel_id}/messages/1/deliveries`, { state: 'queued' })
  await done<unknown>(delivered)
  const seen = () => [...socket.frames, ...other.frames, ...again.frames].map(({ type }) => type)
  const { mapping = {} } =
    (await contractOf(server.url)).document.components.schemas.ServerFrame?.discriminator ?? {}
  await until(() => Object.keys(mapping).every((type) => seen().some((one) => one === type)), 'every frame')
  for (const journal of [socket, other, again]) {
    expect(journal.problems).toEqual([])
    journal.close()
  }
})

test('a frame that is not of the contract is found', async () => {
  const contract = new Contract((await contractOf(server.url)).document)
  const { body } = await admin.in<User>('GET', '/users/me')
  const event = {
    sequence: 1,
    type: 'user.updated',
    timestamp: '2026-11-19T12:00:00.000Z',
    actor: { id: null, type: 'system', display_name: '' },
    project_ids: [],
    task_id: null,
    channel_id: null,
    payload: { user: body },
  }
  const check = (frame: unknown) => () => contract.checkFrame('StreamEvent', frame)
  expect(check(event)).not.toThrow()
  expect(check({ ...event, payload: {} })).toThrow(/payload must have required property 'user'/)
  expect(check({ ...event, payload: { user: body, secret: 1 } })).toThrow(/additional properties/)
  expect(check({ ...event, type: 'user.renamed' })).toThrow(/does not list/)
  expect(check({ ...event, sequence: undefined })).toThrow(/sequence/)
})
