import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GatewayClient } from '../../bridge/src/gateway/client.ts'
import { Device } from '../../bridge/src/gateway/device.ts'
import type { GatewayAuth } from '../../bridge/src/gateway/handshake.ts'
import { GatewayRefused, type History, type HistoryRow } from '../../bridge/src/gateway/port.ts'
import { Watch } from './gateway-watch.ts'

/** A running gateway with the agents `main` and `scout`, whose model is the scripted one. */
export interface GatewayUnderTest {
  /** From its own machine: the shared token is enough. */
  url: string
  /** As from another machine: a device needs an approval. */
  remote_url: string
  token: string
  version: RegExp
  /** SIGKILL, and a start on what is left. */
  restart(): Promise<void>
  /** SIGTERM without waiting for the end, which comes after the turns under way. */
  drain(): Promise<void>
  /** `openclaw devices approve <request id>`. */
  approve(request_id: string): Promise<void>
}

/** `needs`: it stops the gateway, so that no other rule can run meanwhile. */
type Rule = [title: string, holds: (gateway: GatewayUnderTest) => Promise<void>, needs?: 'restart']

const OURS = 'agent:'
const OWNED = /^agent:[a-z]+:mc:/

export interface Connected extends AsyncDisposable {
  client: GatewayClient
  watch: Watch
}

async function connect({ url, token }: { url: string; token: string }): Promise<Connected> {
  return await connectAs(url, { kind: 'token', token })
}

export function begin(url: string, auth: GatewayAuth): Connected {
  const owns = (key: string) => OWNED.test(key)
  const client = new GatewayClient({ url, auth, owns, version: '0.0.0-test' })
  return { client, watch: new Watch(client), [Symbol.asyncDispose]: () => client.close() }
}

export async function connectAs(url: string, auth: GatewayAuth): Promise<Connected> {
  const made = begin(url, auth)
  await made.client.connected(AbortSignal.timeout(90_000))
  return made
}

export const newKey = (agent = 'main') => `agent:${agent}:mc:acme:project:${crypto.randomUUID()}`
export const newRun = () => `mc-acme-${crypto.randomUUID()}`

export async function refusal(attempt: Promise<unknown>): Promise<GatewayRefused> {
  const error = await attempt.then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof GatewayRefused, `expected a refusal, got ${error}`)
  return error
}

/** Waits until a turn has started in the sense of its model being asked. */
export async function started({ client, watch }: Connected, session_key: string, message: string) {
  const run_id = newRun()
  const reply = await client.startTurn({ session_key, run_id, message })
  assert.deepEqual(reply, { status: 'accepted' })
  await watch.event('started', run_id)
  return run_id
}

export async function answered({ client, watch }: Connected, session_key: string, message: string) {
  const run_id = newRun()
  await client.startTurn({ session_key, run_id, message })
  const reply = await watch.settled(run_id)
  return { run_id, reply }
}

/** What every gateway does that the bridge works with. They end with those that stop it. */
export const GATEWAY_RULES: Rule[] = [
  [
    'a connection tells boot id, version and protocol',
    async (gateway) => {
      await using made = await connect(gateway)
      const { link } = made.client
      assert.ok(link.status === 'connected')
      assert.equal(link.protocol, 4)
      assert.match(link.version, gateway.version)
      assert.notEqual(link.boot_id, '')
      await using again = await connect(gateway)
      assert.ok(again.client.link.status === 'connected')
      assert.equal(again.client.link.boot_id, link.boot_id)
    },
  ],
  [
    'the agents of the gateway are listed',
    async (gateway) => {
      await using made = await connect(gateway)
      assert.deepEqual((await made.client.agents()).toSorted(), ['main', 'scout'])
    },
  ],
  [
    'a turn is accepted, starts, grows, ends with its whole text, and settles, under the run id that was given',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const run_id = newRun()
      const reply = await client.startTurn({
        session_key,
        run_id,
        message: 'PIECES 5 ECHO one two three four',
      })
      assert.deepEqual(reply, { status: 'accepted' })
      const final = await watch.event('final', run_id)
      assert.equal(final.text, 'one two three four')
      assert.equal(final.session_key, session_key)
      assert.deepEqual(await watch.settled(run_id), { status: 'ok', text: 'one two three four' })
      const ours = watch.events.filter((event) => event.run_id === run_id)
      const types = ours.map(({ type }) => type)
      assert.deepEqual(types.slice(0, 2), ['started', 'progress'])
      assert.deepEqual(types.slice(-2), ['final', 'settled'])
      const grown = ours.flatMap((event) => (event.type === 'progress' ? [event.text] : []))
      assert.ok(
        grown.every((text) => 'one two three four'.startsWith(text)),
        grown.join(' | '),
      )
    },
  ],
  [
    'text that looks like a command stays text',
    async (gateway) => {
      await using made = await connect(gateway)
      const { reply } = await answered(made, newKey(), 'ECHO /status is only text here, as is /stop')
      assert.deepEqual(reply, { status: 'ok', text: '/status is only text here, as is /stop' })
    },
  ],
  [
    'a long answer arrives whole',
    async (gateway) => {
      await using made = await connect(gateway)
      const { run_id, reply } = await answered(made, newKey(), 'LONG 25000')
      const final = await made.watch.event('final', run_id)
      assert.ok(reply.status === 'ok')
      assert.equal(final.text, reply.text)
      assert.ok(reply.text.length > 24_900 && reply.text.length <= 25_000, String(reply.text.length))
    },
  ],
  [
    'the same run id is one turn: pending while it runs, its old answer afterwards, whatever the text',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const run_id = await started(made, session_key, 'SLOW 1500 ECHO once')
      const again = { session_key, run_id, message: 'ECHO another text' }
      assert.deepEqual(await client.startTurn(again), { status: 'pending' })
      await watch.settled(run_id)
      assert.deepEqual(await client.startTurn(again), { status: 'ok', text: 'once' })
      const { rows } = await client.history(session_key, 10)
      assert.deepEqual(
        rows.map(({ role }) => role),
        ['user', 'assistant'],
      )
    },
  ],
  [
    'the outcome of a turn: pending, then its text; a run that was never started is pending or unknown',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client } = made
      const { status } = await client.turnOutcome(newRun(), 0)
      assert.ok(status === 'unknown' || status === 'pending', status)
      const run_id = await started(made, newKey(), 'SLOW 1500 ECHO later')
      assert.deepEqual(await client.turnOutcome(run_id, 0), { status: 'pending' })
      await using other = await connect(gateway)
      assert.deepEqual(await other.client.turnOutcome(run_id, 20_000), { status: 'ok', text: 'later' })
    },
  ],
  [
    'turns of one session run one after the other, each under its own id',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const first = await started(made, session_key, 'SLOW 800 ECHO first')
      const runs = [first]
      for (const word of ['second', 'third']) {
        const run_id = newRun()
        const reply = await client.startTurn({ session_key, run_id, message: `ECHO ${word}` })
        assert.deepEqual(reply, { status: 'accepted' })
        runs.push(run_id)
      }
      const { pending } = await client.history(session_key, 10)
      assert.deepEqual(
        pending,
        runs.slice(1).map((run_id) => ({ run_id, interrupted: false })),
      )
      assert.deepEqual(await client.turnOutcome(runs[2]!, 0), { status: 'pending' })
      for (const run_id of runs) await watch.settled(run_id)
      const finals = watch.events.flatMap((event) =>
        event.type === 'final' && event.session_key === session_key ? [event] : [],
      )
      assert.deepEqual(
        finals.map(({ run_id, text }) => [run_id, text]),
        [
          [runs[0], 'first'],
          [runs[1], 'second'],
          [runs[2], 'third'],
        ],
      )
    },
  ],
  [
    'a turn that the provider refuses ends as failed, also when it is asked for again',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client } = made
      const session_key = newKey()
      const { run_id, reply } = await answered(made, session_key, 'FAIL')
      assert.ok(reply.status === 'failed', JSON.stringify(reply))
      assert.match(reply.reason, /\w/)
      assert.equal((await client.turnOutcome(run_id, 0)).status, 'failed')
      const again = await client.startTurn({ session_key, run_id, message: 'FAIL' })
      assert.equal(again.status, 'failed')
      const next = await answered(made, session_key, 'ECHO alive')
      assert.deepEqual(next.reply, { status: 'ok', text: 'alive' })
    },
  ],
  [
    'a turn that takes longer than its timeout fails',
    async (gateway) => {
      await using made = await connect(gateway)
      const run_id = newRun()
      const turn = { session_key: newKey(), run_id, message: 'SLOW 20000', timeout_seconds: 1 }
      await made.client.startTurn(turn)
      const failed = await made.watch.event('failed', run_id)
      assert.equal(failed.reason, 'The turn took too long.')
      assert.deepEqual(await made.watch.settled(run_id), { status: 'failed', reason: failed.reason })
      assert.equal((await made.client.turnOutcome(run_id, 0)).status, 'failed')
    },
  ],
  [
    'abort ends the turn under way, and says when there is none',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      assert.equal(await client.abort(session_key), false)
      const run_id = await started(made, session_key, 'SLOW 8000')
      assert.equal(await client.abort(session_key, run_id), true)
      await watch.event('aborted', run_id)
      const settled = await watch.settled(run_id)
      assert.deepEqual(settled, { status: 'failed', reason: 'The turn was stopped.' })
      assert.equal(await client.abort(session_key, run_id), false)
      const next = await answered(made, session_key, 'ECHO after')
      assert.deepEqual(next.reply, { status: 'ok', text: 'after' })
    },
  ],
  [
    'history is empty for a session that does not exist, and links rows to their runs',
    async (gateway) => {
      await using made = await connect(gateway)
      const session_key = newKey()
      assert.deepEqual(await made.client.history(session_key, 50), { rows: [], pending: [] })
      const { run_id } = await answered(made, session_key, 'ECHO an answer')
      const { rows, pending } = await made.client.history(session_key, 50)
      const plain = ({ role, text, run_id: run }: HistoryRow) => [role, text, run]
      assert.deepEqual(rows.map(plain), [
        ['user', 'ECHO an answer', run_id],
        ['assistant', 'an answer', run_id],
      ])
      assert.ok(rows.every(({ id }) => id !== null))
      assert.deepEqual(pending, [])
      const { rows: last } = await made.client.history(session_key, 1)
      assert.deepEqual(
        last.map(({ role }) => role),
        ['assistant'],
      )
    },
  ],
  [
    'keys are compared in lower case',
    async (gateway) => {
      await using made = await connect(gateway)
      const session_key = newKey()
      const run_id = newRun()
      await made.client.startTurn({
        session_key: session_key.replace('acme', 'ACME'),
        run_id,
        message: 'ECHO same',
      })
      assert.equal((await made.watch.event('final', run_id)).session_key, session_key)
      assert.equal((await made.watch.event('settled', run_id)).session_key, session_key)
      assert.equal((await made.client.history(session_key, 5)).rows.length, 2)
    },
  ],
  [
    'nothing is heard of sessions that are not owned',
    async (gateway) => {
      await using made = await connect(gateway)
      const foreign = `${OURS}main:telegram:dm:${crypto.randomUUID()}`
      const run_id = newRun()
      await made.client.startTurn({ session_key: foreign, run_id, message: 'ECHO private' })
      await made.client.turnOutcome(run_id, 20_000)
      await answered(made, newKey(), 'ECHO ours')
      const others = made.watch.events.filter(
        (event) => !OWNED.test(event.session_key) && event.type !== 'settled',
      )
      assert.deepEqual(others, [])
    },
  ],
  [
    'a session is created once, with a label and for an agent that exists',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client } = made
      const session = { key: newKey('scout'), label: `session ${crypto.randomUUID()}` }
      await client.createSession(session)
      await client.createSession(session)
      const { reply } = await answered(made, session.key, 'ECHO from scout')
      assert.deepEqual(reply, { status: 'ok', text: 'from scout' })
      const unknown = await refusal(client.createSession({ key: newKey('nobody') }))
      assert.equal(unknown.code, 'INVALID_REQUEST')
      assert.equal(unknown.passing, false)
      const turn = { session_key: newKey('nobody'), run_id: newRun(), message: 'x' }
      assert.equal((await refusal(client.startTurn(turn))).passing, false)
    },
  ],
  [
    'a command is answered in a final of its run, also during a turn, and refuses what needs more rights',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const turn = await started(made, session_key, 'SLOW 1500 ECHO unharmed')
      const run_id = newRun()
      await client.command({ session_key, run_id, text: '/status' })
      const { text } = await watch.event('final', run_id)
      assert.match(text, /OpenClaw/)
      assert.ok(text.includes(session_key), text)
      assert.deepEqual(await watch.settled(turn), { status: 'ok', text: 'unharmed' })
      const reset = newRun()
      await client.command({ session_key, run_id: reset, text: '/new' })
      await watch.event('final', reset)
      const { rows } = await client.history(session_key, 20)
      assert.ok(rows.some((row) => row.run_id === turn && row.text === 'unharmed'))
    },
  ],
  [
    'archive ends what runs and refuses new work; a session that does not exist is none to archive',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      await client.archive(newKey())
      const session_key = newKey()
      const run_id = await started(made, session_key, 'SLOW 8000')
      await client.archive(session_key)
      await watch.event('aborted', run_id)
      await client.archive(session_key)
      const turn = { session_key, run_id: newRun(), message: 'x' }
      const refused = await refusal(client.startTurn(turn))
      assert.equal(refused.code, 'INVALID_REQUEST')
      assert.equal(refused.passing, false)
      assert.ok((await client.history(session_key, 5)).rows.length > 0)
    },
  ],
  [
    'a wrong token is refused, and says so in words',
    async (gateway) => {
      await using made = begin(gateway.url, { kind: 'token', token: 'wrong' })
      const link = await made.watch.link('refused')
      assert.equal(link.reason, 'unauthorized')
      assert.ok(!link.message.includes('wrong'), link.message)
      await assert.rejects(made.client.connected(AbortSignal.timeout(90_000)), /refused the credential/)
    },
  ],
  [
    'pairing from nothing: the command to approve is named, an approval is noticed, then the device token is enough',
    async (gateway) => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-device-'))
      try {
        const path = join(folder, 'device.json')
        const auth: GatewayAuth = { kind: 'device', device: Device.load(path), shared_token: gateway.token }
        assert.equal(statSync(path).mode & 0o777, 0o600)
        await using made = begin(gateway.remote_url, auth)
        const link = await made.watch.link('refused')
        assert.equal(link.reason, 'pairing_required')
        const [, request_id] = /openclaw devices approve (\S+)$/.exec(link.message) ?? []
        assert.ok(request_id, link.message)
        await gateway.approve(request_id)
        await made.client.connected(AbortSignal.timeout(90_000))
        const { reply } = await answered(made, newKey(), 'ECHO paired')
        assert.deepEqual(reply, { status: 'ok', text: 'paired' })

        const device = Device.load(path)
        assert.ok(device.token)
        const alone: GatewayAuth = { kind: 'device', device, shared_token: null }
        await using later = await connectAs(gateway.remote_url, alone)
        assert.deepEqual((await answered(later, newKey(), 'ECHO again')).reply, {
          status: 'ok',
          text: 'again',
        })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  ],
  [
    'the shared token alone gives no scopes from another machine',
    async (gateway) => {
      await using made = begin(gateway.remote_url, { kind: 'token', token: gateway.token })
      const link = await made.watch.link('refused')
      assert.equal(link.reason, 'scope')
      assert.match(link.message, /pair this bridge as a device/)
    },
  ],
  [
    'a turn that runs when the gateway is killed goes on: its answer is in the history, after its message or in its place',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      await answered(made, session_key, 'ECHO earlier')
      const submitted_at = Date.now()
      const run_id = await started(made, session_key, 'SLOW 5000 ECHO the answer')
      const queued = newRun()
      await client.startTurn({ session_key, run_id: queued, message: 'ECHO never ran' })
      await restarted(gateway, made)

      // The client may be back too late for the events of the resumed turn; the history tells in any case.
      const { rows, pending } = await historyUntil(made, session_key, ({ rows: all }) =>
        all.some(({ role, text }) => role === 'assistant' && text.startsWith('the answer')),
      )
      const asked = rows.findLastIndex(
        (row) => row.role === 'user' && (row.run_id === run_id || (row.resumed_at ?? 0) > submitted_at),
      )
      assert.ok(asked >= 0, JSON.stringify(rows))
      const [answer, ...more] = rows.slice(asked + 1)
      assert.equal(answer?.role, 'assistant')
      assert.ok(answer.run_id !== null && answer.run_id !== run_id, String(answer.run_id))
      assert.deepEqual(more, [])
      assert.deepEqual(pending, [{ run_id: queued, interrupted: true }])

      const spent = await refusal(
        client.startTurn({ session_key, run_id: queued, message: 'ECHO never ran' }),
      )
      assert.equal(spent.code, 'UNAVAILABLE')
      const derived = await client.startTurn({ session_key, run_id: `${queued}.2`, message: 'ECHO ran now' })
      assert.deepEqual(derived, { status: 'accepted' })
      assert.deepEqual(await watch.settled(`${queued}.2`), { status: 'ok', text: 'ran now' })
    },
    'restart',
  ],
  [
    'after a restart the key of a message that was taken starts no second turn',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const { run_id } = await answered(made, session_key, 'ECHO only once')
      await restarted(gateway, made)
      const { rows } = await historyUntil(made, session_key, () => true)
      assert.ok(
        rows.some((row) => row.role === 'assistant' && row.run_id === run_id && row.text === 'only once'),
      )
      const from = watch.events.length
      const again = await client.startTurn({ session_key, run_id, message: 'ECHO only once' }).catch((e) => e)
      if (again.status === 'accepted') {
        const end = await watch.until('the end of the repeated turn', () =>
          watch.events.slice(from).find((event) => event.type === 'settled' && event.run_id === run_id),
        )
        assert.ok(end.type === 'settled' && end.reply.status === 'failed', JSON.stringify(end))
      } else assert.ok(again instanceof GatewayRefused, JSON.stringify(again))
      const finals = watch.events.slice(from).filter(({ type }) => type === 'final')
      assert.deepEqual(finals, [])
    },
    'restart',
  ],
  [
    'a gateway that drains lets the turn under way end and refuses the others, as passing',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      const run_id = await started(made, session_key, 'SLOW 4000 ECHO done')
      const queued = newRun()
      await client.startTurn({ session_key, run_id: queued, message: 'ECHO queued' })
      await gateway.drain()
      await draining(made)
      const turn = { session_key: newKey(), run_id: newRun(), message: 'ECHO late' }
      const late = await refusal(client.startTurn(turn))
      assert.equal(late.code, 'UNAVAILABLE')
      assert.equal(late.passing, true)
      assert.ok(late.retry_after_ms > 0)
      assert.deepEqual(await watch.settled(run_id), { status: 'ok', text: 'done' })
      assert.deepEqual(await watch.settled(queued), { status: 'unknown' })
      await restarted(gateway, made)
      const { rows } = await historyUntil(made, session_key, () => true)
      assert.ok(!rows.some((row) => row.run_id === queued), JSON.stringify(rows))
    },
    'restart',
  ],
]

/** Kills and starts the gateway; the client comes back by itself and finds another boot. */
async function restarted(gateway: GatewayUnderTest, { client, watch }: Connected): Promise<void> {
  const { link } = client
  assert.ok(link.status === 'connected')
  await gateway.restart()
  const next = await watch.until('another boot', () =>
    watch.links.find((later) => later.status === 'connected' && later.boot_id !== link.boot_id),
  )
  assert.ok(next.status === 'connected')
  assert.equal(next.version, link.version)
  assert.equal(client.link, next)
}

/** Resolves once the gateway refuses work: a signal takes a moment to arrive. */
async function draining({ client }: Connected): Promise<void> {
  const session_key = newKey()
  for (;;) {
    const error = await client.history(session_key, 1).catch((thrown) => thrown)
    if (error instanceof GatewayRefused) return
    await Bun.sleep(20)
  }
}

/** The history as soon as it fits: right after a start the gateway may be rebuilding it, and refuses to give it. */
async function historyUntil(
  { client }: Connected,
  session_key: string,
  fits: (history: History) => boolean,
): Promise<History> {
  for (;;) {
    try {
      const history = await client.history(session_key, 50)
      if (fits(history)) return history
    } catch (error) {
      if (!(error instanceof GatewayRefused) || !error.passing) throw error
    }
    await Bun.sleep(100)
  }
}
