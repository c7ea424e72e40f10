import type { Message, Task } from '../../src/contracts/resources.ts'
import { pick, type Random } from '../chaos/random.ts'
import type { Answer } from '../support/client.ts'
import { until } from '../support/streams.ts'
import { strike } from './faults.ts'
import { growth, median, mib, quantile, type Sample, sampleOf } from './figures.ts'
import { checkQuestions, type Question } from './questions.ts'
import { messagesOf, openStage, type Stage } from './stage.ts'

export interface SoakOptions {
  minutes: number
  /** Questions per second, over all agents. */
  rate: number
  fault_seconds: number
  random: Random
  program?: readonly string[]
}

/** Over a soak of at least half an hour, memory may not grow by more. */
const GROWTH_BYTES_MAX = 10 * 1024 * 1024
const GROWTH_MINUTES_MIN = 30
/** Connections of one agent (stream, WebSocket, calls kept alive), of the gateway and of health, with room for one more each. */
const DESCRIPTORS_MORE_MAX = 12
const SAMPLE_MS = 5_000
const REFRESH_MS = 10 * 60_000
/** Questions that are not acknowledged yet; the load waits with a server that is away. */
const UNDER_WAY_MAX = 50

/** Runs the soak and returns the broken promises. */
export async function runSoak(options: SoakOptions): Promise<string[]> {
  const stage = await openStage({
    agents: 3,
    channels: 6,
    ...(options.program ? { program: options.program } : {}),
  })
  // What a broken promise leaves is kept: a rare order of events is found in the log and the state, not by another run.
  let keep = true
  try {
    const problems = await soak(stage, options)
    keep = problems.length > 0
    return problems
  } finally {
    await stage.stop(keep)
  }
}

async function soak(stage: Stage, { minutes, rate, fault_seconds, random }: SoakOptions): Promise<string[]> {
  const started_at = Date.now()
  const ends_at = started_at + minutes * 60_000
  const questions: Question[] = []
  const samples: Sample[] = []
  const faults = new Map<string, number>()
  const at_rest = sampleOf(stage.bridge, started_at)
  let striking = false

  const sessions = keepSignedIn(stage, ends_at)
  const load = ask(stage, questions, { rate, ends_at, random })
  const bustle = makeBustle(stage, ends_at, rate)
  const watch = (async () => {
    for (let minute = 0; Date.now() < ends_at; ) {
      await Bun.sleep(SAMPLE_MS)
      // A bridge that is being restarted has no figures.
      if (!striking) samples.push(sampleOf(stage.bridge, started_at))
      const passed = Math.floor((Date.now() - started_at) / 60_000)
      if (passed === minute) continue
      minute = passed
      const last = samples.at(-1)
      if (last && minute % Math.max(1, Math.round(minutes / 60)) === 0)
        console.log(
          `${minute} min: ${questions.length} asked, ${sum(faults)} faults, ${mib(last.resident_bytes)} MiB, ${last.descriptors} descriptors`,
        )
    }
  })()
  while (Date.now() + fault_seconds * 1_000 < ends_at) {
    await Bun.sleep(fault_seconds * 1_000 * (0.5 + random()))
    striking = true
    const name = await strike(stage, random).finally(() => {
      striking = false
    })
    faults.set(name, (faults.get(name) ?? 0) + 1)
  }
  await Promise.all([load, bustle, watch, sessions])

  await stage.bridge.ready()
  const stored = await everythingAnswered(stage, questions)
  const rested = sampleOf(stage.bridge, started_at)
  report(stage, questions, stored, { at_rest, samples, rested, faults })
  return [
    ...checkQuestions(questions, stored),
    ...(await leftBehind(stage, { minutes, at_rest, samples, rested })),
  ]
}

/** Sends questions at the rate until the end; each is sent again until it is acknowledged. */
async function ask(
  { people, agents, channels }: Stage,
  questions: Question[],
  { rate, ends_at, random }: { rate: number; ends_at: number; random: Random },
): Promise<void> {
  const under_way = new Set<Promise<void>>()
  for (let n = 0; Date.now() < ends_at; n++) {
    const agent = pick(random, agents)
    const question: Question = {
      client_id: `soak-${n}`,
      channel_id: pick(random, channels).id,
      agent_id: agent.user.id,
      token: `q${n}q`,
      asked_at: Date.now(),
    }
    questions.push(question)
    const slow = random() < 0.1 ? ` SLOW ${Math.round(random() * 3_000)}` : ''
    const content = `@${agent.user.username}${slow} ECHO ${question.token}`
    const sent = persist(async () =>
      pick(random, people).in<Message>('POST', `/channels/${question.channel_id}/messages`, {
        content,
        client_id: question.client_id,
      }),
    ).then(({ id, seq }) => void Object.assign(question, { id, seq }))
    under_way.add(sent)
    // A refusal ends the soak where all of them are awaited.
    sent.then(
      () => under_way.delete(sent),
      () => undefined,
    )
    while (under_way.size >= UNDER_WAY_MAX) await Bun.sleep(10)
    await Bun.sleep(1_000 / rate)
  }
  await Promise.all(under_way)
}

/** What else happens in an org: tasks that are made and moved, talk that wakes nobody. */
async function makeBustle({ admin, channels }: Stage, ends_at: number, rate: number): Promise<void> {
  for (let n = 0; Date.now() < ends_at; n++) {
    // A server that is away loses some of it: nobody counts it.
    const made = await admin.in<Task>('POST', '/tasks', { title: `Soak ${n}` }).catch(() => undefined)
    if (made?.status === 201)
      await admin
        .in('POST', `/tasks/${made.body.id}/transition`, { to_status: 'in-progress' })
        .catch(() => undefined)
    await admin
      .in('POST', `/channels/${channels[n % channels.length]?.id}/messages`, { content: `Talk ${n}` })
      .catch(() => undefined)
    await Bun.sleep(500 / rate)
  }
}

/** Sends until there is an answer. Rejects when the server refuses it for good. */
async function persist<T>(send: () => Promise<Answer<T>>): Promise<T> {
  for (;;) {
    // A server that is away refuses the connection, or cuts it.
    const answer = await send().catch(() => undefined)
    if (answer && answer.status < 300) return answer.body
    if (answer && answer.status < 500 && answer.status !== 429)
      throw new Error(`The server answers ${answer.status}: ${JSON.stringify(answer.body)}`)
    await Bun.sleep(200)
  }
}

/** A session's token holds for an hour. */
async function keepSignedIn({ admin, people }: Stage, ends_at: number): Promise<void> {
  while (Date.now() < ends_at) {
    for (let waited_ms = 0; waited_ms < REFRESH_MS && Date.now() < ends_at; waited_ms += 1_000)
      await Bun.sleep(1_000)
    for (const person of [admin, ...people]) await persist(() => person.call('POST', '/auth/refresh'))
  }
}

/** All messages by channel, once each question has an answer or no more come. */
async function everythingAnswered(
  { admin, channels }: Stage,
  questions: Question[],
): Promise<Map<string, Message[]>> {
  let stored = new Map<string, Message[]>()
  await until(async () => {
    stored = new Map()
    for (const { id } of channels) stored.set(id, await messagesOf(admin, id))
    const answered = new Set([...stored.values()].flat().map(({ reply_to }) => reply_to))
    return questions.every(({ id }) => answered.has(id ?? ''))
  }, 'every question to be answered').catch(() => undefined)
  return stored
}

interface Seen {
  at_rest: Sample
  samples: Sample[]
  rested: Sample
}

async function leftBehind(
  { bridge, gateway }: Stage,
  { minutes, at_rest, samples, rested }: Seen & { minutes: number },
): Promise<string[]> {
  const problems: string[] = []
  const more = rested.descriptors - at_rest.descriptors
  if (more > DESCRIPTORS_MORE_MAX) problems.push(`${more} descriptors are open that were not at the start`)
  const { open } = await gateway.connections()
  if (open !== 1) problems.push(`the gateway has ${open} connections of one bridge`)
  const grown = growth(samples, ({ resident_bytes }) => resident_bytes)
  if (minutes >= GROWTH_MINUTES_MIN && grown > GROWTH_BYTES_MAX)
    problems.push(`memory grew by ${mib(grown)} MiB`)
  const waiting = /^bridge_queue_depth(?:\{[^}]*\})? ([\d.]+)$/m.exec(await bridge.metrics())?.[1]
  if (Number(waiting) !== 0) problems.push(`${waiting} rows wait in the bridge`)
  return problems
}

function report(
  { agents }: Stage,
  questions: readonly Question[],
  stored: ReadonlyMap<string, readonly Message[]>,
  { at_rest, samples, rested, faults }: Seen & { faults: Map<string, number> },
): void {
  const answered_at = new Map(
    [...stored.values()]
      .flat()
      .flatMap(({ reply_to, created_at }) => (reply_to ? [[reply_to, Date.parse(created_at)]] : [])),
  )
  const took = questions.flatMap(({ id, asked_at }) => {
    const at = answered_at.get(id ?? '')
    return at === undefined ? [] : [at - asked_at]
  })
  const memory = samples.map(({ resident_bytes }) => resident_bytes)
  console.log(
    [
      `${questions.length} asked of ${agents.length} agents, ${took.length} answered; median ${median(took)} ms, p99 ${quantile(took, 0.99)} ms, longest ${Math.max(0, ...took)} ms`,
      `${sum(faults)} faults: ${[...faults].map(([name, count]) => `${name} ${count}`).join(', ')}`,
      `memory: ${mib(at_rest.resident_bytes)} MiB at the start, median ${mib(median(memory))}, most ${mib(Math.max(0, ...memory))}, ${mib(rested.resident_bytes)} at the end, growth ${mib(growth(samples, ({ resident_bytes }) => resident_bytes))}`,
      `descriptors: ${at_rest.descriptors} at the start, ${rested.descriptors} at the end`,
    ].join('\n'),
  )
}

const sum = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((all, count) => all + count, 0)
