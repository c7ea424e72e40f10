import { type Criteria, short } from '../lib/criteria.ts'
import { percentile } from '../lib/figures.ts'
import { type Child, startChild } from './child.ts'
import { rssBytes, waitFor } from './measure.ts'
import { type EventReader, openReader, type Received } from './reader.ts'

const TOPICS = Array.from({ length: 10 }, (_, at) => `t${at}`)
const STREAMS = 200
const MISSED = 100
const RATE_PER_S = 100
const SOAK_S = short ? 4 : 300

/** Stream `at` asks for one, two or three of the ten topics. */
function topicsOf(at: number): string[] {
  return Array.from({ length: 1 + (at % 3) }, (_, next) => TOPICS[(at + next * 3) % TOPICS.length]!)
}

async function post(url: string, topic: string, data: Record<string, unknown> = {}): Promise<number> {
  const response = await fetch(`${url}/events`, { method: 'POST', body: JSON.stringify({ topic, data }) })
  const { id }: { id: number } = await response.json()
  return id
}

/** What each stream received, and what it should have: nothing else, in order, once. */
interface Inbox {
  topics: readonly string[]
  ids: number[]
  foreign: number
  reader: EventReader
}

async function openInbox(url: string, topics: readonly string[]): Promise<Inbox> {
  const inbox = { topics, ids: [] as number[], foreign: 0 }
  const reader = await openReader(url, topics, takerOf(inbox))
  return Object.assign(inbox, { reader })
}

function takerOf(inbox: {
  topics: readonly string[]
  ids: number[]
  foreign: number
}): (event: Received) => void {
  return ({ id, body }) => {
    inbox.ids.push(id)
    if (id !== body.id || !inbox.topics.includes(body.topic)) inbox.foreign++
  }
}

/** D1 and D2: a thousand events over ten topics, and a hundred that were missed. */
export async function checkDelivery(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/server.ts`)
  try {
    const inboxes = await Promise.all(
      Array.from({ length: STREAMS }, (_, at) => openInbox(server.url, topicsOf(at))),
    )
    const posted = new Map<number, string>()
    await inTurns(1_000, 20, async (at) => {
      const topic = TOPICS[at % TOPICS.length]!
      posted.set(await post(server.url, topic), topic)
    })
    const expected = (topics: readonly string[]) =>
      [...posted.keys()].sort((a, b) => a - b).filter((id) => topics.includes(posted.get(id) ?? ''))
    const wanted = inboxes.reduce((sum, { topics }) => sum + expected(topics).length, 0)
    const got = () => inboxes.reduce((sum, { ids }) => sum + ids.length, 0)
    await waitFor(() => got() >= wanted, 10_000)
    // Whatever should not come gets the time to come.
    await Bun.sleep(200)
    c.check('D1.1', `1,000 events over 10 topics to ${STREAMS} filtered streams: deliveries`, got(), {
      equals: wanted,
    })
    c.check(
      'D1.2',
      'events of a topic that was not asked for',
      sum(inboxes, ({ foreign }) => foreign),
      { equals: 0 },
    )
    const wrong = inboxes.filter(({ ids, topics }) => ids.join() !== expected(topics).join())
    c.check(
      'D1.3',
      'streams whose list differs from the posted one (missing, twice, out of order)',
      wrong.length,
      {
        equals: 0,
      },
    )
    await Promise.all(inboxes.map(({ reader }) => reader.cut()))
    await checkReplay(c, server)
  } finally {
    await server.stop()
  }
}

async function checkReplay(c: Criteria, server: Child): Promise<void> {
  const before: number[][] = Array.from({ length: 50 }, () => [])
  const readers = await Promise.all(
    before.map((ids) => openReader(server.url, TOPICS, ({ id }) => ids.push(id))),
  )
  const first = await post(server.url, 't0')
  await waitFor(() => before.every((ids) => ids.length === 1), 5_000)
  await Promise.all(readers.map((reader) => reader.cut()))
  for (let at = 0; at < MISSED; at++) await post(server.url, TOPICS[at % TOPICS.length]!)
  // They come back while events go on: the hand-over from the ring to the live tail is part of the question.
  const after: number[][] = before.map(() => [])
  const [again] = await Promise.all([
    Promise.all(
      readers.map(async ({ cursor }, at) => {
        await Bun.sleep(at * 4)
        return openReader(server.url, TOPICS, ({ id }) => after[at]?.push(id), cursor)
      }),
    ),
    inTurns(200, 2, (at) => post(server.url, TOPICS[at % TOPICS.length]!)),
  ])
  const last = first + MISSED + 200
  await waitFor(() => after.every((ids) => ids.at(-1) === last), 10_000)
  const wanted = Array.from({ length: last - first }, (_, at) => first + 1 + at)
  const replayed = after.filter((ids) => ids.slice(0, MISSED).join() === wanted.slice(0, MISSED).join())
  c.check(
    'D2.1',
    `50 clients cut, ${MISSED} events missed: clients with all of them, in order`,
    replayed.length,
    {
      equals: 50,
    },
  )
  const exact = after.filter((ids) => ids.join() === wanted.join())
  c.check('D2.2', 'and then live without a gap or a repeat, while events went on', exact.length, {
    equals: 50,
  })
  await Promise.all(again.map((reader) => reader.cut()))
  for (const [name, cursor] of [
    ['older than the ring', 1],
    ['from the future', 9_999_999],
  ] as const) {
    const events: Received[] = []
    const reader = await openReader(server.url, TOPICS, (event) => events.push(event), cursor)
    await waitFor(() => events.length > 0, 1_000)
    const reset = events.length === 1 && events[0]?.body.reset === true && events[0].id === last
    c.check('D2.3', `a cursor ${name} is answered with one reset and the head`, reset, { equals: true })
    await reader.cut()
  }
}

/** D3: a hundred events a second to two hundred filtered streams, for as long as the form allows. */
export async function checkSoak(c: Criteria): Promise<void> {
  const server = await startChild(`${import.meta.dir}/server.ts`)
  try {
    const latencies_ms: number[] = []
    const inboxes = await Promise.all(
      Array.from({ length: STREAMS }, async (_, at) => {
        const topics = topicsOf(at)
        const inbox = { topics, received: 0, last: 0, faults: 0 }
        const reader = await openReader(server.url, topics, ({ id, body }) => {
          if (id <= inbox.last || !topics.includes(body.topic)) inbox.faults++
          inbox.last = id
          inbox.received++
          if (at % 10 === 0) latencies_ms.push(wallClock() - Number(body.data.at))
        })
        return Object.assign(inbox, { reader })
      }),
    )
    const rss_bytes: number[] = []
    const began = performance.now()
    const total = SOAK_S * RATE_PER_S
    const per_topic = new Map<string, number>()
    const posts: Promise<number>[] = []
    for (let at = 0; at < total; at++) {
      const due_ms = began + (at * 1000) / RATE_PER_S - performance.now()
      if (due_ms > 0) await Bun.sleep(due_ms)
      const topic = TOPICS[at % TOPICS.length]!
      per_topic.set(topic, (per_topic.get(topic) ?? 0) + 1)
      posts.push(post(server.url, topic, { at: wallClock(), text: 'x'.repeat(200) }))
      if (at % Math.ceil(total / 10) === 0) rss_bytes.push(rssBytes(server.pid))
    }
    await Promise.all(posts)
    const took_s = (performance.now() - began) / 1000
    const wanted = sum(inboxes, ({ topics }) => sum(topics, (topic) => per_topic.get(topic) ?? 0))
    const got = () => sum(inboxes, ({ received }) => received)
    await waitFor(() => got() >= wanted, 10_000)
    const name = `${STREAMS} filtered streams, ${SOAK_S} s`
    c.check('D3.1', `${name}: streams that failed`, inboxes.filter(({ reader }) => reader.failed).length, {
      equals: 0,
    })
    c.check('D3.2', `${name}: deliveries`, got(), { equals: wanted })
    c.check(
      'D3.3',
      `${name}: deliveries out of order, twice or foreign`,
      sum(inboxes, ({ faults }) => faults),
      {
        equals: 0,
      },
    )
    c.check('D3.4', `${name}: events posted per second`, total / took_s, {
      min: RATE_PER_S * (short ? 0.5 : 0.95),
    })
    c.note('', 'from post to reader, p50', percentile(latencies_ms, 50), 'ms')
    c.check('D3.5', 'from post to reader, p99', percentile(latencies_ms, 99), {
      max: short ? 2_000 : 100,
      unit: 'ms',
    })
    const growth = rssBytes(server.pid) - (rss_bytes[1] ?? 0)
    c.check('D3.6', "growth of the server's memory after the first tenth", growth / 2 ** 20, {
      max: 32,
      unit: 'MiB',
    })
    await Promise.all(inboxes.map(({ reader }) => reader.cut()))
  } finally {
    await server.stop()
  }
}

function wallClock(): number {
  return performance.timeOrigin + performance.now()
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

/** Runs `work` for 0 … count − 1, `at_once` of them side by side. */
async function inTurns(
  count: number,
  at_once: number,
  work: (at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: at_once }, lane))
}
