import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Channel, Message, Project } from '../../../src/contracts/resources.ts'
import { type Agent, addAgent, generalChannel, join, type Person } from '../../support/client.ts'
import {
  agentAt,
  expectWhole,
  personAt,
  postSurely,
  startNodes,
  type TestNodes,
} from '../../support/nodes.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let cluster: TestNodes
let org_id: string
let general: string
/** The same people at each of the two nodes. */
let admin: Person[]
let ana: Person[]
let bot: Agent[]

beforeAll(async () => {
  cluster = await startNodes(2)
  const { admin: first, nodes } = cluster
  const [joined, agent] = [await join(first, 'Ana Lima'), await addAgent(first, 'forge')]
  admin = nodes.map((node) => personAt(first, node))
  ana = nodes.map((node) => personAt(joined, node))
  bot = nodes.map((node) => agentAt(agent, node))
  general = (await generalChannel(first)).id
  const [row] = await cluster.sql<{ id: string }[]>`select id from organizations where slug = 'fieldnote'`
  org_id = row?.id ?? ''
})
afterAll(() => cluster.stop())

const at = <T>(ones: readonly T[], node: number): T => {
  const one = ones[node]
  if (one === undefined) throw new Error('there is no such node')
  return one
}
const headersOf = (who: Person | Agent): Record<string, string> =>
  'cookieHeader' in who ? { Cookie: who.cookieHeader, Origin: who.url } : who.headers
const pathOf = (who: Person | Agent, path: string) => `${who.url}/api/v1/orgs/fieldnote${path}`

async function streamOf(who: Person | Agent, last_event_id?: string): Promise<SseJournal> {
  const journal = await SseJournal.open(pathOf(who, '/events/stream'), {
    ...headersOf(who),
    ...(last_event_id === undefined ? {} : { 'Last-Event-ID': last_event_id }),
  })
  await until(() => journal.frames.length > 0 || journal.ended)
  return journal
}
const socketOf = (who: Person | Agent, hello: Record<string, unknown> = {}) =>
  WsJournal.open(pathOf(who, '/channels/ws'), headersOf(who), hello)

const contents = (messages: readonly Message[], prefix: string) =>
  messages.map(({ content }) => content).filter((content) => content.startsWith(prefix))

function expectContiguous(numbers: readonly number[]): void {
  expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
}

describe('D1 messages', () => {
  test('posted on either node by REST and WebSocket are seen on both in one order, each once', async () => {
    const sockets = [await socketOf(at(admin, 0)), await socketOf(at(ana, 1))]
    const streams = [await streamOf(at(admin, 0)), await streamOf(at(ana, 1))]
    const count = 40
    const posting = Array.from({ length: count }, async (_, i) => {
      const content = `mixed ${i}`
      if (i % 2 === 0) {
        await postSurely(at([...admin, ...ana], i % 4), general, content)
        return
      }
      const socket = at(sockets, (i >> 1) % 2)
      socket.send({ type: 'message', channel_id: general, content, client_id: content })
      await until(() => socket.ofType('ack').some(({ client_id }) => client_id === content))
    })
    await Promise.all(posting)
    const of = (socket: WsJournal) => socket.messages(general)
    await until(() => sockets.every((socket) => contents(of(socket), 'mixed').length === count))
    await until(() => streams.every(({ messages }) => contents(messages, 'mixed').length === count))
    const [first, second] = sockets.map(of)
    expect(second).toEqual(first ?? [])
    for (const socket of sockets) expectContiguous(of(socket).map(({ seq }) => seq))
    for (const { sequences } of streams) expectContiguous(sequences)
    await expectWhole(cluster.sql, org_id, general, first ?? [])
    for (const socket of sockets) socket.close()
    for (const stream of streams) await stream.close()
  })

  test('are all seen when Redis is emptied, loses its subscribers, and is away for a while', async () => {
    const socket = await socketOf(at(ana, 1))
    const stream = await streamOf(at(ana, 1))
    const acked: Message[] = []
    const faults = [
      () => cluster.redis.cli('flushall'),
      () => cluster.redis.cli('client', 'kill', 'type', 'pubsub'),
      () => cluster.redis.kill(),
      () => cluster.redis.start(),
      () => cluster.redis.cli('client', 'kill', 'type', 'pubsub'),
      () => cluster.redis.cli('client', 'kill', 'type', 'normal'),
    ]
    for (const [i, fault] of faults.entries()) {
      await fault()
      for (let n = 0; n < 6; n++) {
        acked.push(await postSurely(at(admin, n % 2), general, `faulty ${i}.${n}`))
        if (n % 3 === 0) await Bun.sleep(50)
      }
    }
    await until(() => contents(socket.messages(general), 'faulty').length === acked.length)
    await until(() => contents(stream.messages, 'faulty').length === acked.length)
    const expected = acked.map(({ content }) => content)
    expect(contents(socket.messages(general), 'faulty')).toEqual(expected)
    expect(contents(stream.messages, 'faulty')).toEqual(expected)
    expectContiguous(stream.sequences)
    await expectWhole(cluster.sql, org_id, general, acked)
    socket.close()
    await stream.close()
  })
})

describe('D16 a client that comes back to another node', () => {
  test('as a stream gets what it missed and then the live tail, without a gap or a repeat', async () => {
    const before = await streamOf(at(ana, 0))
    await postSurely(at(admin, 0), general, 'resumed 0')
    await until(() => contents(before.messages, 'resumed').length === 1)
    const cursor = before.last_id
    await before.close()
    for (let i = 1; i < 4; i++) await postSurely(at(admin, i % 2), general, `resumed ${i}`)
    const after = await streamOf(at(ana, 1), cursor)
    for (let i = 4; i < 6; i++) await postSurely(at(admin, i % 2), general, `resumed ${i}`)
    await until(() => contents(after.messages, 'resumed').length >= 5)
    expect(contents(after.messages, 'resumed')).toEqual([1, 2, 3, 4, 5].map((i) => `resumed ${i}`))
    expect(after.ofType('events.reset')).toEqual([])
    expectContiguous([...before.sequences, ...after.sequences])
    await after.close()
  })

  test('as a socket goes on after its last seq', async () => {
    const before = await socketOf(at(ana, 0))
    const { seq } = await postSurely(at(admin, 0), general, 'back 0')
    await until(() => contents(before.messages(general), 'back').length === 1)
    const [ready] = before.ofType('ready')
    before.close()
    for (let i = 1; i < 4; i++) await postSurely(at(admin, i % 2), general, `back ${i}`)
    const after = await socketOf(at(ana, 1), { log: ready?.log, resume: { [general]: seq } })
    await postSurely(at(admin, 0), general, 'back 4')
    await until(() => contents(after.messages(general), 'back').length >= 4)
    expect(contents(after.messages(general), 'back')).toEqual([1, 2, 3, 4].map((i) => `back ${i}`))
    expect(after.ofType('resync')).toEqual([])
    after.close()
  })
})

test('D15 what one node has told a client it may use at another at once', async () => {
  for (let i = 0; i < 8; i++) {
    const [here, there] = [at(admin, i % 2), at(admin, (i + 1) % 2)]
    const made = await here.in<Project>('POST', '/projects', { name: `Plan ${i}`, type: 'docs' })
    expect(made.status).toBe(201)
    const [row] = await cluster.sql<{ id: string }[]>`
      select id from channels where project_id = ${made.body.id}`
    const posted = await there.in('POST', `/channels/${row?.id}/messages`, { content: 'At once.' })
    expect(posted.status).toBe(201)
    const listed = await here.in<{ data: Channel[] }>('GET', '/channels?limit=100')
    expect(listed.body.data.some(({ project_id }) => project_id === made.body.id)).toBe(true)
  }
})

test('D17 the loss of a right holds on every node from its event on', async () => {
  const { body: project } = await at(admin, 0).in<Project>('POST', '/projects', {
    name: 'Sealed',
    type: 'docs',
  })
  const [channel] = await cluster.sql<
    { id: string }[]
  >`select id from channels where project_id = ${project.id}`
  const channel_id = channel?.id ?? ''
  const assigned = await at(admin, 0).in('PUT', `/projects/${project.id}/users/${at(ana, 0).user_id}`)
  expect(assigned.status).toBeLessThan(300)
  const streams = [await streamOf(at(ana, 0)), await streamOf(at(ana, 1))]
  const sockets = [await socketOf(at(ana, 0)), await socketOf(at(ana, 1))]
  await until(() => sockets.every((s) => s.ofType('ready')[0]?.channels.some(({ id }) => id === channel_id)))
  let posting = true
  const writers = [0, 1].map(async (node) => {
    for (let i = 0; posting; i++) await postSurely(at(admin, node), channel_id, `secret ${node}.${i}`)
  })
  await until(() => streams.every(({ messages }) => contents(messages, 'secret').length > 5))
  const taken = await at(admin, 1).in('DELETE', `/projects/${project.id}/users/${at(ana, 0).user_id}`)
  expect(taken.status).toBeLessThan(300)
  const after = await postSurely(at(admin, 1), general, 'after the loss')
  await until(() => streams.every(({ messages }) => messages.some(({ id }) => id === after.id)))
  posting = false
  await Promise.all(writers)
  await until(() => sockets.every((socket) => socket.ofType('channel_removed').length > 0))
  const [event] = await cluster.sql<{ sequence: number }[]>`
    select sequence::int as sequence from events
    where org_id = ${org_id} and type = 'project.user_unassigned' order by sequence desc limit 1`
  const lost_at = event?.sequence ?? 0
  const rows = await cluster.sql<{ sequence: number; seq: number }[]>`
    select e.sequence::int as sequence, m.seq::int as seq from events e
    join messages m on m.org_id = e.org_id and m.id = e.message_id
    where e.org_id = ${org_id} and e.channel_id = ${channel_id} order by e.sequence`
  const allowed = rows.filter(({ sequence }) => sequence < lost_at).map(({ seq }) => seq)
  expect(rows.length).toBeGreaterThan(allowed.length)
  for (const stream of streams) {
    const seen = stream.messages.filter((message) => message.channel_id === channel_id)
    expectContiguous(seen.map(({ seq }) => seq))
    expect(seen.at(-1)?.seq).toBe(allowed.at(-1) ?? 0)
  }
  for (const socket of sockets) expect(socket.messages(channel_id).at(-1)?.seq).toBe(allowed.at(-1) ?? 0)
  for (const socket of sockets) socket.close()
  for (const stream of streams) await stream.close()
})

const isQueued = (socket: WsJournal, of_seq: number, of_agent: string) =>
  socket
    .ofType('delivery')
    .some(({ seq, agent_id, state }) => seq === of_seq && agent_id === of_agent && state === 'queued')

describe('D8 what is not stored', () => {
  test('typing, markers and deliveries reach the other node, and markers only their reader', async () => {
    const [here, own, other] = [
      await socketOf(at(ana, 0)),
      await socketOf(at(ana, 1)),
      await socketOf(at(admin, 1)),
    ]
    const { seq } = await postSurely(at(admin, 0), general, '@forge look at this')
    await until(() => other.messages(general).some((message) => message.seq === seq))
    here.send({ type: 'typing', channel_id: general })
    await until(() => other.ofType('typing').length === 1 && other.ofType('typing_stopped').length === 1)
    here.send({ type: 'read', channel_id: general, seq })
    await until(() => own.ofType('read').some((read) => read.seq === seq))
    expect([other.ofType('read'), own.ofType('typing')]).toEqual([[], []])
    const reported = await at(bot, 0).in('POST', `/channels/${general}/messages/${seq}/deliveries`, {
      state: 'working',
    })
    expect(reported.status).toBeLessThan(300)
    await until(() => other.ofType('delivery').some(({ state }) => state === 'working'))
    for (const socket of [here, own, other]) socket.close()
  })

  test('a notification that was read on one node is told to the streams of the other', async () => {
    const stream = await streamOf(at(ana, 1))
    await postSurely(at(admin, 0), general, '@ana-lima hello')
    await until(() => stream.ofType('notification.created').length === 1)
    expect((await at(ana, 0).in('POST', '/notifications/read-all')).status).toBeLessThan(300)
    await until(() => stream.ofType('notification.read').length === 1)
    await stream.close()
  })
})

test('D9 who is in a channel is the union over both nodes', async () => {
  const last = (socket: WsJournal) =>
    socket.ofType('presence').findLast(({ channel_id }) => channel_id === general)?.user_ids ?? []
  const here = await socketOf(at(admin, 0))
  const there = await socketOf(at(ana, 1))
  const stream = await streamOf(at(bot, 1))
  const everybody = [at(admin, 0).user_id, at(ana, 0).user_id, at(bot, 0).user.id].toSorted()
  for (const socket of [here, there]) await until(() => String(last(socket)) === String(everybody))
  there.close()
  await until(() => !last(here).includes(at(ana, 0).user_id))
  here.close()
  await stream.close()
})

test('D9 an agent that came to one node, or left it, is judged so at the other at once', async () => {
  const ghost = await addAgent(at(admin, 0), 'ghost')
  const sockets = [await socketOf(at(ana, 0)), await socketOf(at(ana, 1))]
  const gone: number[] = []
  const here: number[] = []
  for (let i = 0; i < 6; i++) {
    const stream = await streamOf(at(bot, i % 2))
    here.push((await postSurely(at(admin, (i + 1) % 2), general, `@forge and @ghost, round ${i}`)).seq)
    await stream.close()
  }
  // Closing is told by the system: until then the agent is here.
  const away = async () => {
    const { seq } = await postSurely(at(admin, 0), general, '@forge are you there?')
    gone.push(seq)
    const marker = await postSurely(at(admin, 0), general, '@ghost and you?')
    await until(() => sockets.every((socket) => isQueued(socket, marker.seq, ghost.user.id)))
    return sockets.every((socket) => isQueued(socket, seq, at(bot, 0).user.id))
  }
  await until(away)
  for (const socket of sockets) {
    // Live at every node, in the order of the messages: what was said of the ghost would have been said of the other too.
    for (const seq of here) {
      expect([seq, isQueued(socket, seq, ghost.user.id)]).toEqual([seq, true])
      expect([seq, isQueued(socket, seq, at(bot, 0).user.id)]).toEqual([seq, false])
    }
    socket.close()
  }
})

test('D9 an agent that is connected to one node is here for the owner on the other', async () => {
  const away = await addAgent(at(admin, 0), 'absent')
  for (const here of [0, 1]) {
    const stream = await streamOf(at(bot, here))
    /** Agents that a new message finds away. */
    const foundAway = async () => {
      const { body } = await at(admin, 1 - here).in<{ id: string; seq: number }>(
        'POST',
        `/channels/${general}/messages`,
        { content: '@forge @absent look', mentions: [at(bot, 0).user.id, away.user.id] },
      )
      const queued = () => cluster.sql<{ agent_id: string }[]>`
        select agent_id from message_deliveries
        where org_id = ${org_id} and channel_id = ${general} and seq = ${body.seq} and state = 'queued'`
      await until(async () => (await queued()).length > 0)
      return (await queued()).map(({ agent_id }) => agent_id)
    }
    // The other node hears of the connection a moment after it was opened.
    await until(async () => (await foundAway()).join() === away.user.id, 'the agent is here for the owner')
    await stream.close()
  }
})

test('D11 a change of subscriptions reaches the streams of the other node', async () => {
  const stream = await streamOf(at(ana, 1))
  const chosen = { mode: 'topics', topics: [] }
  expect((await at(ana, 0).in('PUT', '/subscriptions', chosen)).status).toBe(200)
  let posted = 0
  // The change is told beside the log: after a message that is not carried, none is.
  await until(async () => {
    await postSurely(at(admin, 0), general, `unheard ${posted++}`)
    await Bun.sleep(50)
    return contents(stream.messages, 'unheard').length < posted
  })
  expect((await at(ana, 1).in('PUT', '/subscriptions', { mode: 'all' })).status).toBe(200)
  await stream.close()
})

describe('D12 what ends on one node', () => {
  test('a session: its streams end on the other, also while Redis is away', async () => {
    for (const away of [false, true]) {
      const here = personAt(at(ana, 0), at(cluster.nodes, 0))
      here.cookies.clear()
      await here.signIn('ana.lima@example.com', 'a quiet harbour 42')
      const there = personAt(here, at(cluster.nodes, 1))
      const stream = await streamOf(there)
      const socket = await socketOf(there)
      if (away) await cluster.redis.kill()
      expect((await here.call('POST', '/auth/logout')).status).toBeLessThan(300)
      await until(() => stream.ended && socket.close_code !== undefined)
      expect(stream.ofType('session.revoked').map(({ payload }) => payload.reason)).toEqual(['session'])
      expect(socket.close_code).toBe(4001)
      expect((await there.in('GET', '/channels')).status).toBe(401)
      if (away) await cluster.redis.start()
    }
  })

  test('a key and a membership: streams end on the other, also while Redis is away', async () => {
    for (const away of [false, true]) {
      const agent = agentAt(await addAgent(at(admin, 0), away ? 'brief' : 'short'), at(cluster.nodes, 1))
      const person = personAt(await join(at(admin, 0), away ? 'Max Frei' : 'Eva Sand'), at(cluster.nodes, 1))
      const streams = [await streamOf(agent), await streamOf(person)]
      if (away) await cluster.redis.kill()
      for (const user_id of [agent.user.id, person.user_id])
        await until(async () => (await at(admin, 0).in('DELETE', `/users/${user_id}`)).status < 300)
      await until(() => streams.every(({ ended }) => ended))
      for (const who of [agent, person])
        await until(async () => [401, 404].includes((await who.in('GET', '/channels')).status))
      if (away) await cluster.redis.start()
    }
  })
})

test('D1 an owner that dies at any moment, also between commit and publication, costs no reader anything', async () => {
  for (let round = 0; round < 3; round++) {
    const owner = await cluster.settledOwner(org_id)
    const survivor = cluster.nodes.indexOf(owner) === 0 ? 1 : 0
    const stream = await streamOf(at(ana, survivor))
    const socket = await socketOf(at(ana, survivor))
    const acked: Message[] = []
    const writing = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; i < 12; i++)
        acked.push(await postSurely(at(admin, survivor), general, `deadly ${round}.${writer}.${i}`))
    })
    await until(() => acked.length > 10 + round * 7)
    await owner.kill('SIGKILL')
    await Promise.all(writing)
    await until(() => contents(stream.messages, `deadly ${round}`).length >= acked.length)
    await until(() => contents(socket.messages(general), `deadly ${round}`).length >= acked.length)
    const seqs = acked.map(({ seq }) => seq).toSorted((a, b) => a - b)
    const seen = [stream.messages, socket.messages(general)].map((messages) =>
      messages.filter(({ content }) => content.startsWith(`deadly ${round}`)).map(({ seq }) => seq),
    )
    expect(seen).toEqual([seqs, seqs])
    expectContiguous(stream.sequences)
    await expectWhole(cluster.sql, org_id, general, acked)
    socket.close()
    await stream.close()
    await owner.restart()
  }
})
