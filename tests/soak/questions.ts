import type { Message } from '../../src/contracts/resources.ts'

/** One message to an agent, and what came of it. */
export interface Question {
  client_id: string
  channel_id: string
  agent_id: string
  /** What the answer must contain. */
  token: string
  asked_at: number
  /** Set once the server acknowledged it. */
  id?: string
  seq?: number
}

/**
 * Compares questions with the messages that are stored. Each sentence is a broken promise: no answer, two answers, another
 * question's answer, or answers of an agent in another order than its questions.
 */
export function checkQuestions(
  questions: readonly Question[],
  stored: ReadonlyMap<string, readonly Message[]>,
): string[] {
  const problems: string[] = []
  for (const [channel_id, messages] of stored) {
    const asked = questions
      .filter((question) => question.channel_id === channel_id && question.seq !== undefined)
      .toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
    const answers = Map.groupBy(
      messages.filter(({ reply_to, sender }) => reply_to !== null && sender.type === 'agent'),
      ({ reply_to }) => reply_to,
    )
    const latest = new Map<string, number>()
    for (const question of asked) {
      const found = answers.get(question.id ?? '') ?? []
      if (found.length !== 1) problems.push(`${question.token} has ${found.length} answers`)
      const [answer] = found
      if (!answer) continue
      if (!answer.content.includes(question.token))
        problems.push(`${question.token} was answered with "${answer.content.slice(0, 80)}"`)
      if (answer.sender.id !== question.agent_id)
        problems.push(`${question.token} was answered by ${answer.sender.display_name}`)
      if (answer.seq < (latest.get(question.agent_id) ?? 0))
        problems.push(`${question.token} was answered before an earlier question`)
      latest.set(question.agent_id, answer.seq)
    }
    const known = new Set(asked.map(({ id }) => id))
    const agents = new Set(asked.map(({ agent_id }) => agent_id))
    for (const message of messages)
      if (message.sender.type === 'agent' && agents.has(message.sender.id ?? '') && message.kind === 'text')
        if (!known.has(message.reply_to ?? ''))
          problems.push(`seq ${message.seq} of ${channel_id} answers nothing that was asked`)
  }
  return problems
}
