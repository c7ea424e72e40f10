/** What a gateway knows after it was killed, and before it stops. */
import assert from 'node:assert/strict'
import { GatewayRefused, type History } from '../../../bridge/src/gateway/port.ts'
import {
  answered,
  type Connected,
  connect,
  type GatewayUnderTest,
  newGate,
  newKey,
  newRun,
  type Rule,
  refusal,
  started,
} from './connected.ts'

export const RESTART_RULES: Rule[] = [
  [
    'a turn that runs when the gateway is killed goes on: its answer is in the history, after its message or in its place',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session_key = newKey()
      await answered(made, session_key, 'ECHO earlier')
      const submitted_at = Date.now()
      const gate = newGate()
      const run_id = await started(made, session_key, `HOLD ${gate} ECHO the answer`)
      const queued = newRun()
      await client.startTurn({ session_key, run_id: queued, message: 'ECHO never ran' })
      await restarted(gateway, made)
      gateway.open(gate)

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
    'B7 after a restart the key of a message that was taken starts no second turn',
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
      const gate = newGate()
      const run_id = await started(made, session_key, `HOLD ${gate} ECHO done`)
      const queued = newRun()
      await client.startTurn({ session_key, run_id: queued, message: 'ECHO queued' })
      await gateway.drain()
      await draining(made)
      const turn = { session_key: newKey(), run_id: newRun(), message: 'ECHO late' }
      const late = await refusal(client.startTurn(turn))
      assert.equal(late.code, 'UNAVAILABLE')
      assert.equal(late.passing, true)
      assert.ok(late.retry_after_ms > 0)
      gateway.open(gate)
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
export async function restarted(gateway: GatewayUnderTest, { client, watch }: Connected): Promise<void> {
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
export async function historyUntil(
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
