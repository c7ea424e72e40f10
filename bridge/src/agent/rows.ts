import type { EventEnvelope, EventOf } from '../../../src/contracts/events.ts'
import type { Message } from '../../../src/contracts/resources.ts'
import type { AgentConfig } from '../config/config.ts'
import type { CommandWay } from '../delivery/command-runner.ts'
import { wakes } from '../relay/draft.ts'
import type { NewRow, Row } from '../state/port.ts'
import type { Directory, KnownChannel } from './directory.ts'

/** Makes rows of what the agent has to act on. */
export class RowMaker {
  readonly #config: AgentConfig
  readonly #directory: Directory

  constructor(config: AgentConfig, directory: Directory) {
    this.#config = config
    this.#directory = directory
  }

  ofMessage(id: string, message: Message, repliesToMe: boolean): NewRow | undefined {
    const channel = this.#directory.channel(message.channel_id)
    if (!channel) return undefined
    const assigned = channel.project_id !== null && this.#directory.isAssigned(channel.project_id)
    const who = { me: this.#directory.me.id, wake: this.#config.wake, assigned, repliesToMe }
    if (!wakes(message, who)) return undefined
    return this.#row(
      id,
      'message',
      channel,
      message,
      `[Mission Control #${channel.name}] ${message.sender.display_name}: ${message.content}`,
    )
  }

  ofCommand(id: string, event: EventOf<'command.invoked'>): NewRow | undefined {
    const { channel_id, target_agent_ids, command, args, seq, message_id } = event.payload
    const channel = this.#directory.channel(channel_id)
    if (!channel || !target_agent_ids.includes(this.#directory.me.id) || command === 'help') return undefined
    return this.#row(id, 'command', channel, { seq, id: message_id }, `/${command} ${args}`.trim())
  }

  ofEvent(event: EventEnvelope, repliesToMe: boolean): NewRow | undefined {
    const id = `e${event.sequence}`
    if (event.type === 'command.invoked') return this.ofCommand(id, event)
    if (event.type !== 'message.created') return undefined
    const { message } = event.payload
    return 'removed' in message ? undefined : this.ofMessage(id, message, repliesToMe)
  }

  /** The row of a message that was for the agent before, whatever its wake rule says now. */
  ofRetry(id: string, message: Message, repliesToMe: boolean): NewRow | undefined {
    const channel = this.#directory.channel(message.channel_id)
    if (!channel) return undefined
    if (message.kind === 'command') return this.#row(id, 'command', channel, message, message.content)
    return this.ofMessage(id, message, repliesToMe)
  }

  /** How a command is carried out. */
  wayOf({ text }: Row): CommandWay {
    const [name] = text.split(/\s/, 1)
    if (!text.startsWith('/')) return 'answer'
    if (name === '/stop') return 'stop'
    if (name === '/new' || name === '/reset') return 'reset'
    return name === '/compact' ? 'once' : 'pass'
  }

  /** Rows of one lane wait for each other: commands that only ask, and /stop, do not wait for a turn. */
  laneOf(row: Row): string {
    if (row.kind === 'speech') return `${row.session} speech`
    if (row.kind !== 'command') return row.session
    const way = this.wayOf(row)
    return way === 'reset' || way === 'once' ? row.session : `${row.session} ${way}`
  }

  senderOf(_row: Row): string {
    return 'a person'
  }

  #row(
    id: string,
    kind: 'message' | 'command',
    channel: KnownChannel,
    { seq, id: reply_to }: { seq: number; id: string },
    text: string,
  ): NewRow {
    return { id, kind, channel_id: channel.id, seq, reply_to, session: this.#session(channel), text }
  }

  #session({ id, project_id }: KnownChannel): string {
    const { gateway_agent, org_slug } = this.#config
    const place = project_id === null ? `org:${id}` : `project:${project_id}`
    return `agent:${gateway_agent}:mc:${org_slug}:${place}`.toLowerCase()
  }
}
