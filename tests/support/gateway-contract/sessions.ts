/** Sessions: history, keys, creation, commands, archive. */
import assert from 'node:assert/strict'
import type { HistoryRow } from '../../../bridge/src/gateway/port.ts'
import { answered, connect, newGate, newKey, newRun, type Rule, refusal, started } from './connected.ts'

export const SESSION_RULES: Rule[] = [
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
      const gate = newGate()
      const turn = await started(made, session_key, `HOLD ${gate} ECHO unharmed`)
      const run_id = newRun()
      await client.command({ session_key, run_id, text: '/status' })
      const { text } = await watch.event('final', run_id)
      assert.match(text, /OpenClaw/)
      assert.ok(text.includes(session_key), text)
      gateway.open(gate)
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
      const run_id = await started(made, session_key, `HOLD ${newGate()}`)
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
]
