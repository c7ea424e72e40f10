/** The session of a sub-agent: made with its label and its model, used for one turn, and put away. */
import assert from 'node:assert/strict'
import type { GatewayRefused } from '../../../bridge/src/gateway/port.ts'
import {
  answered,
  connect,
  type GatewayUnderTest,
  newGate,
  newRun,
  type Rule,
  refusal,
  started,
} from './connected.ts'
import { historyUntil, restarted } from './restarts.ts'

/** Not the model that agents use by default. */
const MODEL = 'fake-2'
const DEFAULT_MODEL = 'fake-1'

/** The session of a new sub-agent, as the bridge makes it. */
function newSession(model = MODEL, agent = 'main') {
  const id = crypto.randomUUID()
  return { key: `agent:${agent}:mc:acme:sub:${id}`, label: `mission-control sub-agent ${id}`, model }
}

/** What the model was asked in the turn with this text, as soon as it is. */
async function asked(gateway: GatewayUnderTest, text: string) {
  for (;;) {
    const calls = gateway.asked(text)
    if (calls.length > 0) return calls
    await Bun.sleep(20)
  }
}

export const SUB_AGENT_RULES: Rule[] = [
  [
    'B110 a session runs its turn with the model and the system prompt that were asked for; others keep the default model',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session = newSession()
      await client.createSession(session)
      // A bridge that was killed right after asks again.
      await client.createSession(session)
      const run_id = newRun()
      const message = `ECHO counted ${crypto.randomUUID()}`
      const turn = { session_key: session.key, run_id, message, timeout_seconds: 660 }
      const rules = `You exist for ${run_id}.`
      assert.deepEqual(await client.startTurn({ ...turn, system_prompt: rules }), { status: 'accepted' })
      const text = message.slice('ECHO '.length)
      assert.deepEqual(await watch.settled(run_id), { status: 'ok', text })
      assert.equal((await watch.event('final', run_id)).session_key, session.key)
      const calls = await asked(gateway, message)
      assert.deepEqual(
        calls.map(({ model }) => model),
        [MODEL],
      )
      const [call] = calls
      assert.ok(call?.system_prompt.includes(rules), JSON.stringify(call))
      // After its turn, too.
      await client.createSession(session)

      const other = `ECHO other ${crypto.randomUUID()}`
      await answered(made, `agent:main:mc:acme:project:${crypto.randomUUID()}`, other)
      assert.equal((await asked(gateway, other))[0]?.model, DEFAULT_MODEL)
    },
  ],
  [
    'B110 a session keeps its model and its label: another model is refused to the bridge, and so is the label of another session',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client } = made
      const session = newSession()
      await client.createSession(session)
      const changed = await refusal(client.createSession({ ...session, model: DEFAULT_MODEL }))
      assert.equal(changed.passing, false)
      const same_label = { ...newSession(), label: session.label }
      const taken = await refusal(client.createSession(same_label))
      assert.equal(taken.code, 'INVALID_REQUEST')
      assert.equal(taken.passing, false)
      const message = `ECHO kept ${crypto.randomUUID()}`
      await answered(made, session.key, message)
      assert.equal((await asked(gateway, message))[0]?.model, MODEL)
    },
  ],
  [
    'B110 a model that its provider does not have fails its turn, with the reason',
    async (gateway) => {
      await using made = await connect(gateway)
      const session = newSession('no-such-model')
      await made.client.createSession(session)
      const { run_id, reply } = await answered(made, session.key, 'ECHO by another model')
      assert.ok(reply.status === 'failed', JSON.stringify(reply))
      assert.match(reply.reason, /model/)
      assert.deepEqual(await made.client.turnOutcome(run_id, 0), reply)
      assert.ok(!made.watch.events.some((event) => event.type === 'final' && event.run_id === run_id))
    },
  ],
  [
    'B110 a model of a provider that is not set up starts no turn: the gateway takes it, refuses it, and tells the reason when it is asked',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session = newSession('anthropic/claude-x')
      await client.createSession(session)
      const run_id = newRun()
      const turn = { session_key: session.key, run_id, message: 'ECHO by nobody' }
      assert.deepEqual(await client.startTurn(turn), { status: 'accepted' })
      assert.deepEqual(await watch.settled(run_id), { status: 'unknown' })
      const outcome = await client.turnOutcome(run_id, 0)
      assert.ok(outcome.status === 'failed', JSON.stringify(outcome))
      assert.match(outcome.reason, /Unknown model: anthropic\/claude-x/)
      const again = await client.startTurn(turn)
      assert.ok(again.status === 'failed', JSON.stringify(again))
      const { rows, pending } = await client.history(session.key, 20)
      assert.deepEqual(rows, [])
      assert.deepEqual(pending, [{ run_id, interrupted: true }])
      const of_run = watch.events.filter((event) => 'run_id' in event && event.run_id === run_id)
      assert.ok(!of_run.some(({ type }) => type === 'started' || type === 'final'))
    },
  ],
  [
    'B110 a model of a provider that the gateway does not know is refused with the session, or with its turn',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session = newSession('nowhere/model-1')
      const refused = await client.createSession(session).then(
        () => undefined,
        (error: GatewayRefused) => error,
      )
      // From 2026.9 on.
      if (refused) {
        assert.equal(refused.code, 'INVALID_REQUEST')
        assert.equal(refused.passing, false)
        return
      }
      const run_id = newRun()
      await client.startTurn({ session_key: session.key, run_id, message: 'ECHO by nobody' })
      assert.deepEqual(await watch.settled(run_id), { status: 'unknown' })
      assert.equal((await client.turnOutcome(run_id, 0)).status, 'failed')
    },
  ],
  [
    'B110 the end of a sub-agent in mid-turn: its run is aborted, its session put away for good with what was said in it',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client, watch } = made
      const session = newSession()
      await client.createSession(session)
      const gate = newGate()
      const run_id = await started(made, session.key, `HOLD ${gate} ECHO too late`)
      await asked(gateway, gate)
      assert.equal(await client.abort(session.key, run_id), true)
      await watch.event('aborted', run_id)
      await client.archive(session.key)
      gateway.open(gate)
      // Making it once more, as after a crash, brings nothing back.
      await client.createSession(session).catch((error: GatewayRefused) => assert.equal(error.passing, false))
      const turn = { session_key: session.key, run_id: newRun(), message: 'ECHO once more' }
      const refused = await refusal(client.startTurn(turn))
      assert.equal(refused.code, 'INVALID_REQUEST')
      assert.equal(refused.passing, false)
      const { rows } = await client.history(session.key, 20)
      assert.ok(rows.some(({ role, text }) => role === 'user' && text.includes(gate)))
      assert.ok(!rows.some(({ role, text }) => role === 'assistant' && text === 'too late'))
      assert.ok(!watch.events.some((event) => event.type === 'final' && event.text === 'too late'))
      const again = { ...newSession(), label: session.label }
      assert.equal((await refusal(client.createSession(again))).code, 'INVALID_REQUEST')
    },
  ],
  [
    'B111 a kill of the gateway keeps sessions, their models and what was put away; the interrupted turn goes on with its model',
    async (gateway) => {
      await using made = await connect(gateway)
      const { client } = made
      const over = newSession()
      await client.createSession(over)
      await answered(made, over.key, 'ECHO over')
      await client.archive(over.key)
      const session = newSession()
      await client.createSession(session)
      const gate = newGate()
      await started(made, session.key, `HOLD ${gate} ECHO after all`)
      await asked(gateway, gate)
      await restarted(gateway, made)
      gateway.open(gate)
      await historyUntil(made, session.key, ({ rows }) =>
        rows.some(({ role, text }) => role === 'assistant' && text.startsWith('after all')),
      )
      const models = new Set(gateway.asked(gate).map(({ model }) => model))
      assert.deepEqual([...models], [MODEL])
      await client.createSession(session)
      const turn = { session_key: over.key, run_id: newRun(), message: 'ECHO once more' }
      assert.equal((await refusal(client.startTurn(turn))).code, 'INVALID_REQUEST')
    },
    'restart',
  ],
]
