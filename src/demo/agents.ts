import { type AgentServer, KeyRefused } from '../../bridge/src/server/port.ts'
import type { Message } from '../contracts/resources.ts'
import { pause } from './pause.ts'

type Name = 'forge' | 'probe'

const ANSWERS: Record<Name, readonly string[]> = {
  forge: [
    'I read `src/sync/queue.ts` again for that. The entry is written before the upload begins, so it is there after a kill.',
    'That is possible without touching the format of the queue. I would do it in two steps:\n\n1. read both forms\n2. write the new one when every phone can read it',
    'Short answer: yes. Long answer: yes, and the index is loaded first since 4.2.1, so the order is certain.',
  ],
  probe: [
    'I will try it. Plan: twelve photos queued, the signal cut after the fourth, the app killed, started again, counted.',
    'Ran it 50 times: 50 passed, 0 failed, 38 s.\n\n```\nqueued 12  uploaded 12  lost 0  twice 0\n```',
    'I have no test for that yet. Adding one to the nightly run so that it stays found.',
  ],
}

interface Options {
  name: Name
  /** The agent's own user id; it ignores its own messages. */
  user_id: string
  think_ms: number
  /** Whether a person's message belongs to something else that the agent does: then it is not answered here. */
  takes?: (message: Message) => boolean
  /** Called once, when the agent's stream is open: a mention from then on is answered. */
  onListening: () => void
}

/**
 * A scripted agent on the public API: answers mentions by people and reports deliveries. Ends when `signal` aborts or its
 * key is refused.
 */
export async function runDemoAgent(
  client: AgentServer,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { name, user_id, think_ms, takes } = options
  let answers = 0
  const answer = async (message: Message) => {
    await client.deliver(message.channel_id, message.seq, 'delivered')
    await client.deliver(message.channel_id, message.seq, 'working')
    await pause(think_ms, signal)
    // A deterministic id: a message answered before a crash is not answered again.
    const client_id = `answer-${message.id}`
    const content = ANSWERS[name][answers++ % ANSWERS[name].length]!
    await client.post(message.channel_id, { content, client_id, reply_to: message.id })
    await client.deliver(message.channel_id, message.seq, 'answered')
  }
  const listen = async () => {
    for await (const item of client.events(null, signal)) {
      if (item.kind === 'opened') options.onListening()
      if (item.kind !== 'event' || item.event.type !== 'message.created') continue
      const { message } = item.event.payload
      // Retention may have removed a message before its event is read.
      if ('removed' in message) continue
      if (message.sender.type !== 'human' || takes?.(message)) continue
      if (message.mentions.includes(user_id)) await answer(message)
    }
  }
  try {
    await listen()
  } catch (error) {
    if (!(error instanceof KeyRefused) && !signal.aborted) throw error
  }
}
