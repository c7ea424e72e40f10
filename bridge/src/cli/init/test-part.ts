import { systemClock } from '../../clock.ts'
import { postAnswer, secondsText } from '../../proof/post-answer.ts'
import { QUESTION, type TestAgent, testPrefix, testTurn } from '../../proof/test-turn.ts'
import { LIMITS } from '../../round-trip.ts'
import type { AgentServer } from '../../server/port.ts'
import type { Dialog } from './dialog.ts'
import type { GatewayPart } from './gateway-part.ts'

const ANSWER_CHARS = 300

/** A message to the agent and back into a channel, shown as it goes. Throws `Trouble`. */
export async function sendTest(
  dialog: Dialog,
  gateway: GatewayPart,
  server: Pick<AgentServer, 'channels' | 'post'>,
  agent: TestAgent,
): Promise<void> {
  dialog.title('Test message')
  dialog.say(`→   ${agent.gateway_agent}: ${QUESTION}`)
  gateway.listenTo(testPrefix(agent))
  const limits = { clock: systemClock, timeout_ms: LIMITS.turn_ms }
  const answer = await testTurn(gateway.client, agent, limits)
  dialog.say(`←   ${shownText(answer.text)}`)
  const channel = await postAnswer(server, agent.gateway_agent, answer)
  dialog.ok(`Answered after ${secondsText(answer.took_ms)}, and posted in #${channel}, marked as a test.`)
}

/** Of an answer, as much as one line shows. Control characters would steer the terminal. */
function shownText(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ')
  return line.length > ANSWER_CHARS ? `${line.slice(0, ANSWER_CHARS).toWellFormed()}…` : line
}
