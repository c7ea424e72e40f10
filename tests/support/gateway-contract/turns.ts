/** Turns: from their start to their end, once each and in order. */
import assert from 'node:assert/strict'
import { answered, connect, newGate, newKey, newRun, type Rule, started } from './connected.ts'

export const TURN_RULES: Rule[] = [
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
    'B36 text that looks like a command stays text',
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
      const gate = newGate()
      const run_id = await started(made, session_key, `HOLD ${gate} ECHO once`)
      const again = { session_key, run_id, message: 'ECHO another text' }
      assert.deepEqual(await client.startTurn(again), { status: 'pending' })
      gateway.open(gate)
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
      const gate = newGate()
      const run_id = await started(made, newKey(), `HOLD ${gate} ECHO later`)
      assert.deepEqual(await client.turnOutcome(run_id, 0), { status: 'pending' })
      gateway.open(gate)
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
      const gate = newGate()
      const first = await started(made, session_key, `HOLD ${gate} ECHO first`)
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
      gateway.open(gate)
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
      const run_id = await started(made, session_key, `HOLD ${newGate()}`)
      assert.equal(await client.abort(session_key, run_id), true)
      await watch.event('aborted', run_id)
      const settled = await watch.settled(run_id)
      assert.deepEqual(settled, { status: 'failed', reason: 'The turn was stopped.' })
      assert.equal(await client.abort(session_key, run_id), false)
      // From 2026.9 on the model is told the aborted message once more, before this one.
      const next = await answered(made, session_key, '[Mission Control] ECHO after')
      assert.deepEqual(next.reply, { status: 'ok', text: 'after' })
    },
  ],
]
