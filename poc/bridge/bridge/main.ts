/**
 * A bridge reduced to its delivery: events in, turns at the gateway, answers out, and nothing lost or doubled whenever it
 * dies. A process of its own, so that it can be killed.
 *
 * Environment: `MC_URL`, `MC_KEY`, `GATEWAY_URL`, `GATEWAY_TOKEN`, `DB`, and `DIE=<step>:before|after`: SIGKILL itself when a
 * step was done and is not yet written down, or right after it was.
 */
import { readFrames } from '../sse.ts'
import type { LogEvent, PostMessage } from '../wire.ts'
import { Gateway } from './gateway.ts'
import { type Row, State, type Step } from './state.ts'
import { isPassing, Turns, turn } from './turns.ts'

const {
  MC_URL = '',
  MC_KEY = '',
  GATEWAY_URL = '',
  GATEWAY_TOKEN = '',
  DB = ':memory:',
  DIE = '',
} = process.env
const PREFIX = 'agent:main:mc:proof:'
const BACK_OFF_MS = [50, 100, 200, 400, 800]
const AUTHORIZATION = { authorization: `Bearer ${MC_KEY}` }

const state = new State(DB)
const turns = new Turns()
const chains = new Map<string, Promise<void>>()
let gateway: Promise<Gateway> | undefined

function dieAt(step: Step, when: 'before' | 'after'): void {
  if (DIE === `${step}:${when}`) process.kill(process.pid, 'SIGKILL')
}

function advance(row: Row, step: Step, change: Partial<Pick<Row, 'boot_id' | 'answer'>> = {}): void {
  dieAt(step, 'before')
  state.advance(row, step, change)
  dieAt(step, 'after')
}

/** The connection to the gateway; opened again when it went. */
function connected(): Promise<Gateway> {
  gateway ??= Gateway.open(GATEWAY_URL, GATEWAY_TOKEN, PREFIX, (final) => turns.final(final)).then(
    (opened) => {
      const forget = () => {
        gateway = undefined
      }
      opened.closed.then(forget)
      return opened
    },
    (error: unknown) => {
      gateway = undefined
      throw error
    },
  )
  return gateway
}

/** Rows of one channel go one after another: a session has one turn at a time. */
function enqueue(row: Row): void {
  const before = chains.get(row.channel_id) ?? Promise.resolve()
  chains.set(
    row.channel_id,
    before.then(() => persist(row)),
  )
}

async function persist(row: Row): Promise<void> {
  for (let tries = 0; row.step !== 'done'; tries++) {
    try {
      await deliver(row)
    } catch (error) {
      if (!isPassing(error))
        advance(row, 'answered', { answer: `The agent could not answer: ${String(error)}` })
      await Bun.sleep(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]!)
    }
  }
}

/** Goes on from whatever step the row is at. */
async function deliver(row: Row): Promise<void> {
  const session_key = `${PREFIX}org:${row.channel_id}`
  const run_id = `mc-proof-${row.sequence}-builder`
  if (row.step === 'received' || row.step === 'submitted' || row.step === 'accepted') {
    const at = await connected()
    if (row.step === 'received') advance(row, 'submitted', { boot_id: at.boot_id })
    const accepted = () => {
      if (row.step === 'submitted') advance(row, 'accepted', { boot_id: at.boot_id })
    }
    const answer =
      row.kind === 'command'
        ? await command(at, row, session_key, run_id, accepted)
        : await turn(at, turns, row, session_key, run_id, accepted)
    advance(row, 'answered', { answer })
  }
  if (row.step === 'answered') {
    await post(row.channel_id, {
      content: row.answer ?? '',
      client_id: run_id,
      reply_to: row.seq,
      kind: row.kind === 'command' ? 'command_output' : 'text',
    })
    advance(row, 'posted')
  }
  if (row.step === 'posted') advance(row, 'done')
}

/** Asking for the state of a session again does no harm: a command that was under way is simply asked again. */
async function command(
  at: Gateway,
  row: Row,
  sessionKey: string,
  run_id: string,
  accepted: () => void,
): Promise<string> {
  const idempotencyKey = `${run_id}-${crypto.randomUUID().slice(0, 8)}`
  const answered = turns.wait(sessionKey, idempotencyKey, false, at.closed)
  answered.catch(() => undefined)
  await at.command({ sessionKey, message: row.text, idempotencyKey })
  accepted()
  return await answered
}

async function post(channel_id: string, body: PostMessage): Promise<void> {
  const answer = await fetch(`${MC_URL}/channels/${channel_id}/messages`, {
    method: 'POST',
    headers: { ...AUTHORIZATION, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`posting was answered ${answer.status}`)
}

function rowOf(event: LogEvent): Omit<Row, 'step' | 'boot_id' | 'answer'> | undefined {
  const { sequence, channel_id, payload } = event
  const { message } = payload
  // Commands come as their own event; what the agent said itself never wakes it.
  if (message.sender.type !== 'human') return undefined
  if (event.type === 'message.created')
    return message.kind === 'text'
      ? { sequence, channel_id, seq: message.seq, kind: 'message', text: message.content }
      : undefined
  return { sequence, channel_id, seq: message.seq, kind: 'command', text: message.content }
}

async function follow(): Promise<void> {
  const cursor = state.cursor()
  const response = await fetch(`${MC_URL}/events/stream`, {
    headers: { ...AUTHORIZATION, ...(cursor === null ? {} : { 'last-event-id': cursor }) },
  })
  if (!response.ok) throw new Error(`the stream was answered ${response.status}`)
  for await (const { id, data } of readFrames(response)) {
    if (id === null) continue
    const event = data && 'sequence' in data ? data : undefined
    const row = event && rowOf(event)
    if (row) dieAt('received', 'before')
    state.receive(id, row)
    if (!row) continue
    dieAt('received', 'after')
    enqueue({ ...row, step: 'received', boot_id: null, answer: null })
  }
}

for (const row of state.unfinished()) enqueue(row)
console.log(JSON.stringify({ ready: true }))
for (let tries = 0; ; tries++) {
  const begin_ms = performance.now()
  // The end of a stream and a failure to open one are the same thing here: try again from the cursor.
  await follow().catch(() => undefined)
  if (performance.now() - begin_ms > 1_000) tries = 0
  await Bun.sleep(BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]!)
}
