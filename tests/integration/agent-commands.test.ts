import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Agent, addAgent, generalChannel, type Message, type Person, setUp } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until } from '../support/streams.ts'

let server: TestServer
let admin: Person
let forge: Agent
let general: string

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  forge = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

const DEPLOY = { name: 'deploy', description: 'Ships a *branch*, @ines-carvalho', args_hint: '<branch>' }
const register = (commands: unknown, agent = forge) => agent.in('PUT', '/users/me/commands', commands)
const known = async (channel_id = general) =>
  (
    await admin.in<{ data: { name: string; agent_ids: string[] }[] }>(
      'GET',
      `/channels/${channel_id}/commands?per_page=100`,
    )
  ).body.data
const post = async (content: string, kind?: string, channel_id = general) =>
  (
    await admin.in<Message>('POST', `/channels/${channel_id}/messages`, {
      content,
      ...(kind ? { kind } : {}),
    })
  ).body
const answerTo = async ({ id, seq, channel_id }: Message) => {
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?after=${seq}`)
  return body.data.find(({ reply_to }) => reply_to === id)
}

test('C54 what an agent registers is known in its channels, live, and replaces what it registered before', async () => {
  const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, forge.headers)
  expect((await known()).map(({ name }) => name)).toEqual(expect.arrayContaining(['help', 'status']))
  expect((await post('/deploy main')).kind).toBe('text')
  expect(await register([DEPLOY, { name: 'rollback', description: 'Goes back.' }])).toMatchObject({
    status: 200,
  })
  await until(() => stream.ofType('user.updated').length > 0, 'the event')
  expect(stream.ofType('user.updated')[0]?.payload.user.commands).toHaveLength(2)
  expect((await known()).find(({ name }) => name === 'deploy')).toEqual({
    ...DEPLOY,
    agent_ids: [forge.user.id],
  })
  expect((await post('/deploy main')).kind).toBe('command')

  expect((await register([DEPLOY])).body).toEqual([DEPLOY])
  expect((await post('/rollback')).kind).toBe('text')
  expect((await admin.in('GET', `/users/${forge.user.id}`)).body).toMatchObject({ commands: [DEPLOY] })
  await stream.close()
})

test('C54 /help names them and who takes them, without mark-up and without a mention', async () => {
  await register([DEPLOY])
  const help = await answerTo(await post('/help'))
  expect(help?.content).toContain('`/deploy <branch>` (`forge`): `Ships a *branch*, @ines-carvalho`')
  expect(help?.mentions).toEqual([])
})

test('C54 they are known in the channels that the agent reads, and not beyond its membership', async () => {
  const { body: project } = await admin.in<{ channel_id: string; id: string }>('POST', '/projects', {
    name: 'Harbour',
    type: 'software',
  })
  await register([DEPLOY])
  expect((await known(project.channel_id)).some(({ name }) => name === 'deploy')).toBe(false)
  expect((await post('/deploy main', undefined, project.channel_id)).kind).toBe('text')
  await admin.in('PUT', `/projects/${project.id}/users/${forge.user.id}`)
  expect((await post('/deploy main', undefined, project.channel_id)).kind).toBe('command')
  const brief = await addAgent(admin, 'brief')
  await register([{ name: 'blink', description: 'Here and gone.' }], brief)
  expect((await post('/blink')).kind).toBe('command')
  await admin.in('DELETE', `/users/${brief.user.id}`)
  expect((await post('/blink')).kind).toBe('text')
})

test('C53 a command that no agent takes is answered by the server', async () => {
  const forced = await post('/unheard of', 'command')
  expect(forced.kind).toBe('command')
  expect(await answerTo(forced)).toMatchObject({
    kind: 'command_output',
    content: 'No agent of this channel takes /unheard.',
  })
  expect(await answerTo(await post('/status'))).toBeUndefined()
})

test('C54 names, numbers and callers are checked', async () => {
  const many = Array.from({ length: 101 }, (_, at) => ({ name: `c${at}`, description: 'One of many.' }))
  for (const bad of [
    many,
    [DEPLOY, DEPLOY],
    [{ name: 'help', description: 'Mine.' }],
    [{ name: 'Deploy', description: 'Capital.' }],
    [{ name: 'de ploy', description: 'Space.' }],
    [{ name: 'deploy' }],
    [{ ...DEPLOY, description: 'x'.repeat(201) }],
    {},
  ])
    expect((await register(bad)).status).toBe(400)
  expect((await register(many.slice(1))).status).toBe(200)
  expect((await admin.in('PUT', '/users/me/commands', [DEPLOY])).status).toBe(403)
  expect((await register([])).body).toEqual([])
  expect((await admin.in<object>('GET', `/users/${forge.user.id}`)).body).not.toHaveProperty('commands')
})
