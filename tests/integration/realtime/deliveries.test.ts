import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { AgentDelivery, Delivery, Message } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, join, type Person, setUp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let general: string
let socket: WsJournal

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  general = (await generalChannel(admin)).id
  socket = await socketOf({ Cookie: admin.cookieHeader, Origin: server.url })
})
afterAll(async () => {
  socket?.close()
  await server?.stop()
})

interface Refused {
  error: { code: string; details?: unknown }
}
interface Listed {
  data: AgentDelivery[]
  pagination: { total: number; total_pages: number }
}

const socketOf = (headers: Record<string, string>) =>
  WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, headers)
const post = async (body: object, channel_id = general) =>
  (await admin.in<Message>('POST', `/channels/${channel_id}/messages`, body)).body
const at = async (seq: number, channel_id = general) => {
  const { body } = await admin.in<{ data: Message[] }>('GET', `/channels/${channel_id}/messages?limit=200`)
  return body.data.find((message) => message.seq === seq)
}
const report = async (agent: Agent, seq: number, state: string, detail?: string, channel_id = general) =>
  (await agent.in('POST', `/channels/${channel_id}/messages/${seq}/deliveries`, { state, detail })).status
const retry = (by: Person | Agent, seq: number, agent: Agent, headers: Record<string, string> = {}) =>
  by.in<Delivery & Refused>(
    'POST',
    `/channels/${general}/messages/${seq}/deliveries/${agent.user.id}/retry`,
    undefined,
    headers,
  )
const queuedFrames = (of: WsJournal, seq: number) =>
  of.ofType('delivery').filter((frame) => frame.seq === seq && frame.state === 'queued')
const own = async (agent: Agent, query = '') =>
  (await agent.in<Listed>('GET', `/users/me/deliveries${query}`)).body

/** A message at which a new agent failed, while it holds a connection. */
async function failed(name: string) {
  const agent = await addAgent(admin, name)
  const connection = await socketOf(agent.headers)
  const { seq } = await post({ content: `@${name} please look` })
  expect(await report(agent, seq, 'failed', 'The gateway is away.')).toBe(200)
  return { agent, connection, seq }
}

describe('C72 a person asks an agent again that failed', () => {
  test('the delivery is queued, stored, and shown to readers and agent', async () => {
    const { agent, connection, seq } = await failed('forge')
    const { status, body } = await retry(ana, seq, agent)
    expect<unknown>([status, body]).toEqual([
      200,
      { agent_id: agent.user.id, state: 'queued', detail: null, updated_at: body.updated_at },
    ])
    for (const journal of [socket, connection]) {
      await until(() => queuedFrames(journal, seq).length > 0, 'the frame')
      expect(queuedFrames(journal, seq)).toEqual([
        {
          type: 'delivery',
          channel_id: general,
          seq,
          agent_id: agent.user.id,
          state: 'queued',
          detail: null,
        },
      ])
      expect(journal.problems).toEqual([])
    }
    expect((await at(seq))?.deliveries).toEqual([body])
    expect((await own(agent, '?state=queued')).data).toEqual([{ channel_id: general, seq, ...body }])
    expect(await report(agent, seq, 'answered')).toBe(200)
    connection.close()
  })

  test('once, however many ask at once', async () => {
    const { agent, connection, seq } = await failed('probe')
    const askers = [admin, ana, admin, ana, admin, ana, admin, ana]
    const answers = await Promise.all(askers.map((person) => retry(person, seq, agent)))
    const stored = (await at(seq))?.deliveries[0]
    for (const { status, body } of answers) expect<unknown>([status, body]).toEqual([200, stored])
    // A later frame of the same socket: no second one is under way.
    await report(agent, seq, 'delivered')
    await until(() => socket.ofType('delivery').some((f) => f.seq === seq && f.state === 'delivered'))
    expect(queuedFrames(socket, seq)).toHaveLength(1)
    connection.close()
  })

  test('with an Idempotency-Key the repeat is answered, and asks no second time', async () => {
    const { agent, connection, seq } = await failed('crane')
    const headers = { 'Idempotency-Key': 'again' }
    const first = await retry(admin, seq, agent, headers)
    await report(agent, seq, 'failed', 'Once more.')
    const second = await retry(admin, seq, agent, headers)
    expect([second.status, second.body, second.headers.get('idempotent-replay')]).toEqual([
      200,
      first.body,
      'true',
    ])
    expect((await at(seq))?.deliveries).toMatchObject([{ state: 'failed', detail: 'Once more.' }])
    connection.close()
  })

  test('only of what failed', async () => {
    const { agent, connection, seq } = await failed('heron')
    await retry(admin, seq, agent)
    for (const [state, allowed] of [
      ['delivered', ['delivered', 'working', 'answered', 'failed']],
      ['working', ['working', 'answered', 'failed']],
      ['answered', ['answered']],
    ] as const) {
      await report(agent, seq, state)
      const { status, body } = await retry(admin, seq, agent)
      expect([status, body.error]).toMatchObject([
        409,
        { code: 'INVALID_TRANSITION', details: { from: state, to: 'queued', allowed } },
      ])
    }
    connection.close()
  })

  test('of an agent that reads the channel, at a message that was for it, by a person', async () => {
    const { agent, connection, seq } = await failed('stork')
    const other = await addAgent(admin, 'other')
    const codeOf = async (answer: ReturnType<typeof retry>) => {
      const { status, body } = await answer
      return [status, body.error.code]
    }
    expect(await codeOf(retry(agent, seq, agent))).toEqual([403, 'FORBIDDEN'])
    expect(await codeOf(retry(admin, seq, other))).toEqual([404, 'MESSAGE_NOT_FOUND'])
    expect(await codeOf(retry(admin, 999_999, agent))).toEqual([404, 'MESSAGE_NOT_FOUND'])
    await admin.in('DELETE', `/users/${agent.user.id}`)
    expect(await codeOf(retry(admin, seq, agent))).toEqual([404, 'USER_NOT_FOUND'])
    await admin.in('POST', '/suspend')
    expect(await codeOf(retry(admin, seq, other))).toEqual([409, 'ORG_READ_ONLY'])
    await admin.in('POST', '/resume')
    connection.close()
  })

  test('an agent that is away: the delivery says since when', async () => {
    const { agent, connection, seq } = await failed('swan')
    const before = new Date().toISOString()
    connection.close()
    const away = () =>
      socket.ofType('presence').findLast(({ channel_id }) => channel_id === general)?.user_ids ?? []
    await until(() => !away().includes(agent.user.id), 'the agent to be away')
    const { body } = await retry(admin, seq, agent)
    const since = /^not connected since (\S+)$/.exec(body.detail ?? '')?.[1] ?? ''
    expect(since >= before && since <= new Date().toISOString()).toBe(true)
    await until(() => queuedFrames(socket, seq).length > 0)
    expect(queuedFrames(socket, seq)[0]?.detail).toBe(body.detail)
  })
})

test('C72 it counts as a message for the rate limit, and a repeat is answered over the limit', async () => {
  const limited = await startServer({ env: { MC_RATE_LIMITS: 'on' } })
  try {
    const person = await setUp(limited)
    const channel_id = (await generalChannel(person)).id
    const agent = await addAgent(person, 'forge')
    const message = `/channels/${channel_id}/messages`
    const { seq } = (await person.in<Message>('POST', message, { content: '@forge look' })).body
    await agent.in('POST', `${message}/${seq}/deliveries`, { state: 'failed' })
    const again = (headers = {}) =>
      person.in<Delivery & Refused>(
        'POST',
        `${message}/${seq}/deliveries/${agent.user.id}/retry`,
        undefined,
        headers,
      )
    const key = { 'Idempotency-Key': 'before the limit' }
    const first = await again(key)
    expect(first.status).toBe(200)
    let last = await again()
    // More than the bucket of messages holds, and less than that of calls.
    for (let i = 0; i < 100 && last.status === 200; i++) last = await again()
    expect([last.status, last.body.error.code]).toEqual([429, 'RATE_LIMITED'])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    const repeated = await again(key)
    expect([repeated.status, repeated.body]).toEqual([200, first.body])
  } finally {
    await limited.stop()
  }
})

describe('C71 an agent lists what waits for it', () => {
  test('its own, not over, by state, the longest waiting first, page by page', async () => {
    const agent = await addAgent(admin, 'lister')
    const neighbour = await addAgent(admin, 'neighbour')
    const seqs: number[] = []
    for (const state of ['queued', 'delivered', 'working', 'answered', 'failed']) {
      const { seq } = await post({ content: 'one of several' })
      await report(agent, seq, state)
      await report(neighbour, seq, state)
      seqs.push(seq)
    }
    const whole = await own(agent)
    expect(whole.data.map(({ seq, state }) => [seq, state])).toEqual([
      [seqs[0]!, 'queued'],
      [seqs[1]!, 'delivered'],
      [seqs[2]!, 'working'],
    ])
    expect(whole.data.every(({ agent_id }) => agent_id === agent.user.id)).toBe(true)
    for (const { state, seq } of whole.data)
      expect((await own(agent, `?state=${state}`)).data.map((one) => one.seq)).toEqual([seq])
    expect((await own(agent, '?per_page=2&page=2')).data).toEqual(whole.data.slice(2))
    expect((await own(agent, '?per_page=2&page=2')).pagination).toMatchObject({ total: 3, total_pages: 2 })

    await retry(admin, seqs[4]!, agent)
    expect((await own(agent, '?state=queued')).data.map(({ seq }) => seq)).toEqual([seqs[0]!, seqs[4]!])
    expect((await agent.in('GET', '/users/me/deliveries?state=answered')).status).toBe(400)
    expect((await admin.in('GET', '/users/me/deliveries')).status).toBe(403)
  })

  test('in the channels that it reads', async () => {
    const agent = await addAgent(admin, 'moved')
    const { body: project } = await admin.in<{ id: string; channel_id: string }>('POST', '/projects', {
      name: 'Harbour',
      type: 'software',
    })
    const seat = `/projects/${project.id}/users/${agent.user.id}`
    await admin.in('PUT', seat)
    const { seq } = await post({ content: 'for the project' }, project.channel_id)
    await report(agent, seq, 'queued', undefined, project.channel_id)
    expect((await own(agent)).data).toMatchObject([{ channel_id: project.channel_id, seq }])
    await admin.in('DELETE', seat)
    expect(await own(agent)).toMatchObject({ data: [], pagination: { total: 0 } })
  })
})

describe('C74 commands and the turns they end', () => {
  test('a command is for the agents that it mentions, else for all of the channel', async () => {
    const one = await addAgent(admin, 'first')
    const two = await addAgent(admin, 'second')
    const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      Cookie: admin.cookieHeader,
    })
    const targetsOf = async (seq: number) => {
      const found = () => stream.ofType('command.invoked').find(({ payload }) => payload.seq === seq)
      await until(() => found() !== undefined, 'the command')
      return found()?.payload.target_agent_ids ?? []
    }
    expect(await targetsOf((await post({ content: '/stop @first' })).seq)).toEqual([one.user.id])
    const all = await targetsOf((await post({ content: '/stop' })).seq)
    expect(all).toEqual(expect.arrayContaining([one.user.id, two.user.id]))
    const rest = await targetsOf((await post({ content: '/stop', leave_out: [one.user.id] })).seq)
    expect(rest.toSorted()).toEqual(all.filter((id) => id !== one.user.id).toSorted())
    await stream.close()
  })

  test('a turn that was stopped is failed, with the reason, and its agent is no longer at work', async () => {
    const agent = await addAgent(admin, 'runner')
    const connection = await socketOf(agent.headers)
    const { seq } = await post({ content: '@runner count to a million' })
    const working = () =>
      socket
        .ofType('presence')
        .findLast(({ channel_id }) => channel_id === general)
        ?.working?.some((one) => one.agent_id === agent.user.id) ?? false
    await report(agent, seq, 'working')
    await until(working, 'the agent to work')
    expect(await report(agent, seq, 'failed', 'Stopped by Ines Carvalho.')).toBe(200)
    await until(() => !working(), 'the agent to have stopped')
    expect((await at(seq))?.deliveries).toMatchObject([
      { state: 'failed', detail: 'Stopped by Ines Carvalho.' },
    ])
    connection.close()
  })
})
