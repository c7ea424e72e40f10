import { afterEach, describe, expect, setSystemTime, test } from 'bun:test'
import { FrameRelay } from '../../../src/cluster/relay.ts'
import { RELAYED_FRAMES_MAX } from '../../../src/contracts/relay.ts'
import { Export, User } from '../../../src/contracts/resources.ts'
import { EdgeNode } from '../../support/edge-node.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'
import { numbered } from '../../support/memory-edge-source.ts'
import { sampleOf } from '../../support/samples.ts'
import { EdgeWorld, framesOf, GENERAL, ORG, seqsOf, turns } from '../edge/world.ts'

const [ANA, BO, CY] = [numbered(1), numbered(2), numbered(3)]

const nodes: EdgeNode[] = []
afterEach(() => {
  setSystemTime()
  for (const node of nodes.splice(0)) node.stop()
})

/** Nodes over one log, each with its end of one bus. */
function cluster(count = 2, options: { message_bytes_max?: number } = {}) {
  const world = new EdgeWorld({ [ANA]: 'administrator', [BO]: 'contributor', [CY]: 'contributor' })
  world.source.author = ANA
  const hub = new MemoryBusHub()
  const buses = Array.from({ length: count }, () => hub.connect())
  const made = buses.map((bus) => new EdgeNode(world, bus, options))
  nodes.push(...made)
  const [a, b] = made
  if (!a || !b) throw new Error('unreachable: there are two nodes')
  return { world, hub, buses, a, b }
}

const sequences = (text: string) => [...text.matchAll(/"sequence":(\d+)/g)].map((match) => Number(match[1]))
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(5)
}

describe('D1 the log', () => {
  test('reaches streams and sockets of other nodes, whichever node commits', async () => {
    const { world, a, b } = cluster()
    const readers = [await a.socket(ANA), await b.socket(BO)]
    const streams = [await a.stream(ANA), await b.stream(BO)]
    await turns()
    for (let i = 0; i < 20; i++) {
      world.say()
      ;(i % 2 === 0 ? a : b).publish()
      await turns()
    }
    for (const { texts } of readers) expect(seqsOf(texts)).toEqual(upTo(20))
    for (const { text } of streams) expect(sequences(text())).toEqual(upTo(20))
    expect(world.reads.events).toBe(0)
  })

  test('reaches them in order and once when messages are lost', async () => {
    const { world, hub, a, b } = cluster()
    const socket = await b.socket(BO)
    const stream = await b.stream(BO)
    const send = hub.send.bind(hub)
    let sent = 0
    hub.send = (topic, text) => (sent++ % 3 === 1 ? 1 : send(topic, text))
    for (let i = 0; i < 60; i++) {
      world.say()
      a.publish()
      if (i % 7 === 0) await turns()
    }
    hub.send = send
    a.relay.announce(Date.now())
    await until(() => seqsOf(socket.texts).length >= 60)
    expect(seqsOf(socket.texts)).toEqual(upTo(60))
    expect(sequences(stream.text())).toEqual(upTo(60))
  })

  test('is not missed by an edge that is loaded while a batch is published', async () => {
    const { world, a, b } = cluster()
    await a.open()
    const load = world.snapshot.bind(world)
    world.snapshot = () => {
      const before = load()
      // Committed and published between the snapshot and its arrival.
      world.say()
      a.publish()
      return before
    }
    const opening = b.open()
    const edge = await opening
    await turns()
    expect(edge.head()).toBe(1)
  })
})

test('D2 a batch that is too large is announced by its head, and read once', async () => {
  const { world, a, b } = cluster(2, { message_bytes_max: 1_500 })
  const { texts } = await b.socket(BO)
  for (let i = 0; i < 10; i++) world.say()
  a.publish()
  await until(() => seqsOf(texts).length === 10)
  expect(seqsOf(texts)).toEqual(upTo(10))
  expect(a.counted.filter((what) => what.startsWith('sent'))).toContain('sent head')
  expect(a.counted).not.toContain('sent batch')
  expect(world.reads.events).toBe(1)
})

describe('D3 a batch', () => {
  test('of a former owner fills what it committed, and repeats nothing', async () => {
    const { world, b } = cluster()
    const { texts } = await b.socket(BO)
    world.say()
    const late = world.batch()
    world.say()
    b.edges.deliver({ ...world.batch(), epoch: 2 })
    await until(() => seqsOf(texts).length === 2)
    b.edges.deliver({ ...late, epoch: 1 })
    await turns()
    expect(seqsOf(texts)).toEqual([1, 2])
  })

  test('of another log is not applied while storage has the own one', async () => {
    const { world, b } = cluster()
    const { texts, sink } = await b.socket(BO)
    world.say()
    b.edges.deliver({ ...world.batch(), log: 'log0' })
    b.edges.headAnnounced(ORG, { log: 'log0', sequence: 900 })
    await until(() => seqsOf(texts).length === 1)
    expect([sink.closed_with, b.failures]).toEqual([undefined, []])
  })

  test('of another log ends the edge when that log is the stored one', async () => {
    const { world, b } = cluster()
    const { sink } = await b.socket(BO)
    world.source.log = 'log2'
    b.edges.headAnnounced(ORG, { log: 'log2', sequence: 5 })
    await until(() => sink.closed_with !== undefined)
    expect(sink.closed_with).toBe(1012)
    expect((await b.open()).log).toBe('log2')
  })
})

test('D4 an active org is announced until it is quiet, and a head ahead is read', async () => {
  const { world, hub, a, b } = cluster()
  const { texts } = await b.socket(BO)
  const send = hub.send.bind(hub)
  hub.send = () => 1
  world.say()
  a.publish()
  hub.send = send
  const now = Date.now()
  a.relay.announce(now)
  await until(() => seqsOf(texts).length === 1)
  a.counted.length = 0
  a.relay.announce(now + 9_000)
  a.relay.announce(now + 11_000)
  a.relay.announce(now + 13_000)
  await turns()
  expect(a.counted.filter((what) => what === 'sent head')).toHaveLength(1)
})

describe('D5 heads', () => {
  test('are read in one statement after five seconds of silence, and not for orgs without connections', async () => {
    const { world, hub, b } = cluster()
    const { texts } = await b.socket(BO)
    hub.send = () => 1
    world.say()
    await Bun.sleep(600)
    expect(b.polls).toBe(0)
    setSystemTime(new Date(Date.now() + 6_000))
    await until(() => seqsOf(texts).length === 1)
    expect(b.polls).toBe(1)
  })

  test('are read twice a second while the bus is away, and at once when it is back', async () => {
    const { world, buses, b } = cluster()
    const { texts } = await b.socket(BO)
    buses[1]?.setAway(true)
    for (let i = 0; i < 3; i++) {
      world.say()
      await until(() => seqsOf(texts).length === i + 1)
    }
    expect(b.polls).toBeGreaterThanOrEqual(3)
    world.say()
    buses[1]?.setAway(false)
    await until(() => seqsOf(texts).length === 4)
    expect(seqsOf(texts)).toEqual(upTo(4))
  })

  test('are not read for an org without connections, whatever the bus does', async () => {
    const { buses, b } = cluster()
    await b.open()
    buses[1]?.setAway(true)
    await Bun.sleep(1_200)
    expect(b.polls).toBe(0)
  })

  test('end the connections of an org that is gone', async () => {
    const { world, buses, b } = cluster()
    const { sink } = await b.socket(BO)
    world.source.head = async () => undefined
    buses[1]?.setAway(true)
    await until(() => sink.closed)
    expect(sink.closed_with).toBe(4001)
  })
})

test('D6 a request at an edge without connections sees what was committed while nothing was heard', async () => {
  const { world, buses, hub, b } = cluster()
  const edge = await b.open()
  hub.send = () => 1
  world.say()
  expect((await b.open()).head()).toBe(0)
  setSystemTime(new Date(Date.now() + 6_000))
  expect((await b.open()).head()).toBe(1)
  buses[1]?.setAway(true)
  world.say()
  setSystemTime(new Date(Date.now() + 7_500))
  expect((await b.open()).head()).toBe(2)
  expect(b.edges.peek(ORG)).toBe(edge)
})

test('D7 what is no known message is counted and dropped', async () => {
  const { hub, a, b, world } = cluster()
  const { texts } = await b.socket(BO)
  world.say()
  const batch = world.batch()
  const [event] = batch.events
  const unfit = [
    'no json',
    'null',
    '{}',
    JSON.stringify({ from: 'x', message: { type: 'toString' } }),
    JSON.stringify({ from: 'x', message: { type: 'batch', batch: { ...batch, events: [] } } }),
    JSON.stringify({ from: 'x', message: { type: 'batch', batch: { ...batch, events: [event, event] } } }),
    JSON.stringify({
      from: 'x',
      message: { type: 'batch', batch: { ...batch, events: [{ ...event, payload: {} }] } },
    }),
    JSON.stringify({ from: 'x', message: { type: 'head', head: { log: 'log1', sequence: -1 } } }),
  ]
  for (const text of unfit) hub.send(`org:${ORG}`, text)
  await turns()
  expect(b.counted.filter((what) => what === 'invalid org')).toHaveLength(unfit.length)
  expect([seqsOf(texts), b.failures]).toEqual([[], []])
  a.edges.deliver(batch)
  a.relay.publish(batch)
  await until(() => seqsOf(texts).length === 1)
})

describe('D8 frames that are not stored', () => {
  const typing = (user_id: string) =>
    ({
      org_id: ORG,
      channel_id: GENERAL,
      except_user_id: user_id,
      frame: { type: 'typing', channel_id: GENERAL, user_id },
    }) as const

  test('reach the readers of every node but those they are not for', async () => {
    const { a, b } = cluster()
    const [at_a, at_b, own] = [await a.socket(BO), await b.socket(CY), await b.socket(ANA)]
    a.edges.frames.ephemeral(typing(ANA))
    a.edges.frames.ephemeral({
      org_id: ORG,
      channel_id: GENERAL,
      only_user_id: ANA,
      frame: { type: 'read', channel_id: GENERAL, seq: 3 },
    })
    const of = (texts: readonly string[], type: string) => framesOf(texts).filter((f) => f.type === type)
    await until(() => of(own.texts, 'read').length === 1)
    expect([at_a, at_b, own].map(({ texts }) => of(texts, 'typing').length)).toEqual([1, 1, 0])
    expect([at_a, at_b].map(({ texts }) => of(texts, 'read').length)).toEqual([0, 0])
  })

  test('never say after the message of a user that it types it', async () => {
    const { world, a, b } = cluster()
    const { texts } = await b.socket(CY)
    a.edges.frames.ephemeral(typing(ANA))
    a.edges.frames.ephemeral(typing(BO))
    world.say()
    a.publish()
    const of = (type: string) => framesOf(texts).filter((frame) => frame.type === type)
    // Bo goes on: that frame waited with the one of Ana.
    await until(() => of('typing').length === 1)
    expect([of('message').length, of('typing').map(({ user_id }) => user_id)]).toEqual([1, [BO]])
  })

  test('reach streams: notifications that were read, and exports for administrators', async () => {
    const { a, b } = cluster()
    const [admin, other] = [await b.stream(ANA), await b.stream(BO)]
    await turns()
    const read_at = new Date().toISOString()
    a.edges.frames.notificationsRead({ org_id: ORG, user_id: BO, notification_ids: [numbered(9)], read_at })
    a.edges.frames.tellExport(ORG, sampleOf(Export))
    await until(() => /notification.read/.test(other.text()) && /export.progress/.test(admin.text()))
    expect([/notification.read/.test(admin.text()), /export.progress/.test(other.text())]).toEqual([
      false,
      false,
    ])
  })

  test('leave together, the last of each kind; over the bound they are dropped', async () => {
    const hub = new MemoryBusHub()
    const texts: string[] = []
    await hub.connect().subscribe(`org:${ORG}`, (text) => texts.push(text))
    const counted: string[] = []
    const relay = new FrameRelay(hub.connect(), {
      node: 'a',
      count: (what, kind) => counted.push(`${what} ${kind}`),
    })
    for (let i = 0; i < 50; i++) {
      const { org_id: _, ...frame } = typing(BO)
      relay.send(ORG, { type: 'channel', ...frame })
    }
    for (let i = 0; i < RELAYED_FRAMES_MAX + 9; i++) {
      const { org_id: _, ...frame } = typing(numbered(i + 100))
      relay.send(ORG, { type: 'channel', ...frame })
    }
    await until(() => texts.length === 1)
    expect(JSON.parse(texts[0] ?? '').message.frames).toHaveLength(RELAYED_FRAMES_MAX)
    expect(counted.filter((what) => what === 'dropped frames')).toHaveLength(10)
  })
})

describe('D9 who is in a channel', () => {
  const presence = (texts: readonly string[]) => {
    const last = framesOf(texts).findLast(({ type }) => type === 'presence')
    return last?.user_ids
  }

  test('is the union over the nodes', async () => {
    const { a, b } = cluster()
    const at_a = await a.socket(ANA)
    const at_b = await b.socket(BO)
    await b.stream(CY)
    await until(() => String(presence(at_a.texts)) === String([ANA, BO, CY]))
    await until(() => String(presence(at_b.texts)) === String([ANA, BO, CY]))
    b.edges.peek(ORG)?.removeSocket(at_b.sink)
    await until(() => String(presence(at_a.texts)) === String([ANA, CY]))
  })

  test('is known to an edge soon after it is loaded, with the agents that call', async () => {
    const { a, b } = cluster()
    await a.socket(ANA)
    ;(await a.open()).attendance.called(CY, Date.now())
    await Bun.sleep(1_500)
    const edge = await b.open()
    await until(() => edge.attendance.isHere(ANA) && edge.attendance.isCalling(CY))
    expect(edge.attendance.size).toBe(0)
  })

  test('forgets a node that says nothing any more, and one that stops at once', async () => {
    const { a, b } = cluster()
    const edge = await a.open()
    await b.socket(BO)
    await until(() => edge.attendance.isHere(BO))
    edge.attendance.expire(Date.now() + 9_000)
    expect(edge.attendance.isHere(BO)).toBe(true)
    edge.attendance.expire(Date.now() + 11_000)
    expect(edge.attendance.isHere(BO)).toBe(false)
    // Its next sign of life builds on a report that is not known any more: it is asked for.
    await until(() => edge.attendance.isHere(BO))
    b.stop()
    nodes.splice(nodes.indexOf(b), 1)
    await turns()
    expect(edge.attendance.isHere(BO)).toBe(false)
  })
})

test('D10 a limit of connections counts those of other nodes', async () => {
  const { a, b } = cluster()
  await a.socket(ANA)
  const edge = await b.open()
  edge.permissions.settings.connection_limits.websocket = 2
  b.edges.admit(edge, 'websocket')
  await a.socket(BO)
  await until(() => edge.attendance.connectionsElsewhere('websocket') === 2)
  expect(() => b.edges.admit(edge, 'websocket')).toThrow('2 connections')
  b.edges.admit(edge, 'sse')
})

describe('D11 a change of subscriptions', () => {
  const nothing = { mode: 'topics' as const, topics: [] }

  test('reaches open streams of other nodes', async () => {
    const { world, a, b } = cluster()
    const { text } = await b.stream(BO)
    await turns()
    a.edges.frames.resubscribe(ORG, BO, nothing)
    await until(() => b.counted.includes('received frames'))
    world.say()
    a.publish()
    await until(() => b.edges.peek(ORG)?.head() === 1)
    expect(sequences(text())).toEqual([])
  })

  test('that was made while the bus was away is read when it is back', async () => {
    const { world, buses, a, b } = cluster()
    const { text } = await b.stream(BO)
    buses[1]?.setAway(true)
    b.subscriptions = nothing
    buses[1]?.setAway(false)
    await turns()
    world.say()
    a.publish()
    await until(() => b.edges.peek(ORG)?.head() === 1)
    expect(sequences(text())).toEqual([])
  })
})

describe('D18 a credential that ended by an event which was not heard of', () => {
  const session = (n: number) => ({ session_id: numbered(n) })

  test('of a removed member, with its key, ends when the event is read', async () => {
    const { world, hub, a, b } = cluster()
    const [gone, other] = [await b.socket(BO, { key_id: numbered(70) }), await b.socket(CY, session(71))]
    const stream = await b.stream(BO)
    const user = { ...sampleOf(User), id: BO, status: 'deactivated' as const }
    hub.send = () => 1
    world.commit({ type: 'user.removed', payload: { user } })
    a.publish()
    b.edges.headAnnounced(ORG, { log: 'log1', sequence: 1 })
    await until(() => gone.sink.closed && stream.sink.ended)
    expect(gone.sink.closed_with).toBe(4001)
    await until(() => stream.text().includes('"reason":"membership"'))
    expect(other.sink.closed).toBe(false)
  })

  test('is looked up when the event names sessions or keys', async () => {
    const { world, b } = cluster()
    const [gone, other] = [await b.socket(BO, session(70)), await b.socket(BO, session(71))]
    b.ended.add(numbered(70))
    const payload = {
      user_id: BO,
      session_id: numbered(70),
      reason: 'logout' as const,
      ip: '',
      user_agent: '',
    }
    world.commit({ type: 'auth.session_revoked', payload })
    b.edges.headAnnounced(ORG, { log: 'log1', sequence: 1 })
    await until(() => gone.sink.closed)
    expect([gone.sink.closed_with, other.sink.closed]).toEqual([4001, false])
  })

  test('comes back when the event does not say which sessions of a user it ended', async () => {
    const { world, b } = cluster()
    const [gone, other] = [await b.socket(BO, session(70)), await b.socket(CY, session(71))]
    const payload = { user_id: BO, by: 'link' as const, ip: '', user_agent: '' }
    world.commit({ type: 'auth.password_changed', payload })
    for (const event of world.source.events_stored) event.subject_ids = [BO]
    b.edges.headAnnounced(ORG, { log: 'log1', sequence: 1 })
    await until(() => gone.sink.closed)
    expect([gone.sink.closed_with, other.sink.closed]).toEqual([1012, false])
  })
})
