import type { Channel } from '../../../src/contracts/resources.ts'
import { type AgentServer, KeyRefused, ServerAway, ServerRefused } from '../server/port.ts'
import { Trouble } from './step.ts'
import type { TestAnswer } from './test-turn.ts'

/** A test says hello; more of an answer is not posted. */
const ANSWER_CHARS = 1_000

/** Posts the answer of a test turn as the agent, marked as a test. Resolves with the channel's name. Throws `Trouble`. */
export async function postAnswer(
  server: Pick<AgentServer, 'channels' | 'post'>,
  gateway_agent: string,
  answer: TestAnswer,
): Promise<string> {
  try {
    const channel = orgWide(await server.channels())
    if (!channel)
      throw new Trouble(
        'The agent reads no channel that is for the whole organization, so the answer was not posted.',
        'Assign it to a project: people write to it there.',
      )
    await server.post(channel.id, {
      content: testMessage(gateway_agent, answer),
      client_id: `mc-check-${crypto.randomUUID()}`,
    })
    return channel.name
  } catch (error) {
    if (error instanceof ServerRefused || error instanceof KeyRefused || error instanceof ServerAway)
      throw new Trouble(`The answer could not be posted: ${error.message}`, null, error)
    throw error
  }
}

function orgWide(channels: readonly Channel[]): Channel | undefined {
  const open = channels.filter(({ type }) => type === 'org_wide')
  return open.find(({ name }) => name === 'general') ?? open[0]
}

export function testMessage(gateway_agent: string, { text, took_ms }: TestAnswer): string {
  const shown = text.length > ANSWER_CHARS ? `${text.slice(0, ANSWER_CHARS).toWellFormed()}…` : text
  const quoted = shown.replace(/^/gm, '> ')
  return `*Connection test:* the agent \`${gateway_agent}\` at the gateway answered after ${secondsText(took_ms)}.\n\n${quoted}`
}

/** E.g. `1.4 s`. */
export const secondsText = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
