import type { Clock } from '../clock.ts'
import {
  type Gateway,
  GatewayAway,
  type GatewayEvent,
  GatewayRefused,
  type TurnReply,
} from '../gateway/port.ts'
import { Trouble } from './step.ts'

export interface TestAgent {
  gateway_agent: string
  org_slug: string
}

export interface TestAnswer {
  text: string
  /** From the question to the whole answer. */
  took_ms: number
}

/** What the agent is asked. A connection test may reach an agent that has tools: it is told to use none. */
export const QUESTION = 'Say hello in one short sentence, so that people see that you are connected.'
const PROMPT = `[Mission Control · connection test]\n${QUESTION} Use no tools; do nothing else.`

/** Sessions of tests begin like this; no session of a channel does. */
export const testPrefix = ({ gateway_agent, org_slug }: TestAgent): string =>
  `agent:${gateway_agent}:mc:${org_slug}:check-`.toLowerCase()

/**
 * Runs one turn in a session of its own, which is archived afterwards. Throws `Trouble` when no answer comes within
 * `timeout_ms`. The gateway's client has to own the session: see `testPrefix`.
 */
export async function testTurn(
  gateway: Gateway,
  agent: TestAgent,
  { clock, timeout_ms }: { clock: Clock; timeout_ms: number },
): Promise<TestAnswer> {
  const id = crypto.randomUUID()
  const turn = { session_key: `${testPrefix(agent)}${id}`, run_id: `mc-check-${id}`, message: PROMPT }
  const began_at = clock.now()
  try {
    const text = await answerOf(gateway, turn, { clock, timeout_ms })
    if (text.trim() === '')
      throw new Trouble(`The agent ${agent.gateway_agent} ended its turn without an answer.`, LOOK)
    return { text: text.trim(), took_ms: clock.now() - began_at }
  } catch (error) {
    throw troubleOf(error, agent)
  } finally {
    // A session that stays is in nobody's way: its key is never used again.
    await gateway.archive(turn.session_key).catch(() => undefined)
  }
}

const LOOK = 'Ask the agent something at the gateway itself, and look at its log: openclaw logs.'

async function answerOf(
  gateway: Gateway,
  turn: { session_key: string; run_id: string; message: string },
  { clock, timeout_ms }: { clock: Clock; timeout_ms: number },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // Another part of the wait may have failed first.
  promise.catch(() => undefined)
  const replied = (reply: TurnReply) => {
    if (reply.status === 'ok') resolve(reply.text)
    if (reply.status === 'failed') reject(new Trouble(`The turn failed: ${reply.reason}`, LOOK))
  }
  const leave = [
    clock.after(timeout_ms, () =>
      reject(new Trouble(`No answer came within ${timeout_ms / 1000} seconds.`, LOOK)),
    ),
    gateway.onEvent((event: GatewayEvent) => {
      if (event.run_id !== turn.run_id) return
      if (event.type === 'final') resolve(event.text)
      if (event.type === 'settled') replied(event.reply)
      if (event.type === 'failed' || event.type === 'aborted')
        reject(new Trouble(`The turn failed: ${event.reason}`, LOOK))
    }),
    gateway.onLink(({ status }) => {
      if (status !== 'connected') reject(new GatewayAway('the connection ended'))
    }),
  ]
  try {
    replied(await gateway.startTurn({ ...turn, timeout_seconds: Math.ceil(timeout_ms / 1000) }))
    return await promise
  } finally {
    for (const end of leave) end()
  }
}

function troubleOf(error: unknown, { gateway_agent }: TestAgent): unknown {
  if (error instanceof GatewayAway)
    return new Trouble('The connection to the gateway ended before the answer.', 'Try again.', error)
  if (error instanceof GatewayRefused)
    return new Trouble(`The gateway refused a turn of ${gateway_agent}: ${error.message}`, LOOK, error)
  return error
}
