import { AgentClient } from '../../../bridge/src/server/agent-client.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import type { Agent } from '../../support/client.ts'

/** What the client of an agent says of itself. */
export const CLIENT = {
  name: 'mc-bridge',
  version: '1.2.3',
  wake: 'mention',
  state: 'ready',
  detail: null,
  gateway: { version: '2026.9.6', connected: true },
} as const

export async function report(agent: Agent, change: Record<string, unknown> = {}): Promise<void> {
  const { status, body } = await agent.in('PUT', '/users/me/client', { ...CLIENT, ...change })
  if (status >= 300) throw new Error(`report failed: ${status} ${JSON.stringify(body)}`)
}

/** An agent that is connected as its own program would be: by the stream, with the client that the bridge is built of. */
export class ConnectedAgent {
  readonly heard: Message[] = []
  readonly client: AgentClient
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(
    { url, org, key, user }: Agent,
    mentioned: (client: AgentClient, message: Message) => Promise<void> = async () => undefined,
  ) {
    this.client = new AgentClient({ url, org_slug: org, api_key: key })
    this.#done = this.#listen(user.id, mentioned)
  }

  async #listen(
    agent_id: string,
    mentioned: (client: AgentClient, message: Message) => Promise<void>,
  ): Promise<void> {
    for await (const incoming of this.client.events(null, this.#stop.signal)) {
      if (incoming.kind !== 'event' || incoming.event.type !== 'message.created') continue
      const { message } = incoming.event.payload
      if ('removed' in message || !message.mentions.includes(agent_id)) continue
      this.heard.push(message)
      await mentioned(this.client, message)
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#done
    this.client.close()
  }
}
