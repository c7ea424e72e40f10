import type { EventEnvelope } from '../../../src/contracts/events.ts'
import type { Message, SubAgent } from '../../../src/contracts/resources.ts'
import type { AgentConfig } from '../config/config.ts'
import type { CommandWay } from '../delivery/command-runner.ts'
import { messageRowId, noticeRowId, subAgentRowId } from '../delivery/ids.ts'
import { judgeCommand, wayOfText } from '../relay/commands.ts'
import { noticeText } from '../relay/notice.ts'
import { messageText } from '../relay/prompt.ts'
import { sessionOf, sessionOfChannel } from '../relay/session-keys.ts'
import { type ChannelInfo, type Wake, type Waker, wakeOf } from '../relay/wake.ts'
import type { NewRow, Row } from '../state/port.ts'
import { commandOf } from './command-of.ts'
import type { Directory } from './directory.ts'
import type { Senders } from './senders.ts'

type Command = Extract<Wake, { kind: 'command' }>['command']

/** What became of a command, for the metrics. */
export type CommandFate = 'passed' | 'answered' | 'refused'

/** Makes rows of what the agent has to act on. */
export class RowMaker {
  readonly #config: AgentConfig
  readonly #directory: Directory
  readonly #senders: Senders

  constructor(config: AgentConfig, directory: Directory, senders: Senders) {
    this.#config = config
    this.#directory = directory
    this.#senders = senders
  }

  /** Undefined when the event asks nothing of the agent. The sender of an answered message is looked up before. */
  ofEvent(event: EventEnvelope): NewRow | undefined {
    if (event.type === 'sub_agent.created') {
      const { sub_agent, project_ids } = event.payload
      return this.ofSubAgent(sub_agent, project_ids)
    }
    const wake = wakeOf(event, this.#waker())
    return wake && this.#ofWake(idOf(wake), wake)
  }

  /** Undefined for a sub-agent of another host. It speaks in the channel of the first project of its task. */
  ofSubAgent({ id, host_agent_id }: SubAgent, project_ids: readonly string[]): NewRow | undefined {
    if (host_agent_id !== this.#directory.me.id) return undefined
    const [channel_id = ''] = project_ids.flatMap((one) => this.#directory.project(one)?.channel_id ?? [])
    const session = sessionOf(this.#config, { kind: 'sub', id })
    return {
      id: subAgentRowId(id),
      kind: 'sub_agent',
      channel_id,
      seq: null,
      reply_to: null,
      session,
      text: '',
    }
  }

  /** The row of a message that was for the agent before, whatever its wake rule says now. */
  ofRetry(id: string, message: Message): NewRow | undefined {
    const channel = this.#directory.channel(message.channel_id)
    if (!channel) return undefined
    if (message.kind !== 'command') return this.#ofWake(id, { kind: 'message', channel, message })
    const command = commandOf(message, this.#directory.me.id)
    return command && this.#ofWake(id, { kind: 'command', channel, command })
  }

  /** How a command is carried out: a text that is no command is its own answer. */
  wayOf({ text }: Row): CommandWay {
    return wayOfText(text) ?? 'answer'
  }

  fateOf(row: Row): CommandFate {
    const way = this.wayOf(row)
    if (way === 'answer') return 'refused'
    return way === 'stop' || way === 'reset' ? 'answered' : 'passed'
  }

  /** Rows of one lane wait for each other: commands that only ask, and /stop, do not wait for a turn. */
  laneOf(row: Row): string {
    if (row.kind === 'speech') return `${row.session} speech`
    if (row.kind !== 'command') return row.session
    const way = this.wayOf(row)
    return way === 'reset' || way === 'once' ? row.session : `${row.session} ${way}`
  }

  /** Name of the person who wrote what a row answers. */
  senderOf({ reply_to }: Row): string {
    return (reply_to === null ? undefined : this.#senders.nameOf(reply_to)) ?? 'a person'
  }

  #ofWake(id: string, wake: Wake): NewRow | undefined {
    const { channel } = wake
    switch (wake.kind) {
      case 'message': {
        const { seq, id: reply_to } = wake.message
        const text = messageText(wake.message, channel.name)
        return { ...this.#place(channel), id, kind: 'message', seq, reply_to, text }
      }
      case 'command':
        return this.#ofCommand(id, channel, wake.command)
      case 'notice': {
        const text = noticeText(wake.notice, channel.name)
        return { ...this.#place(channel), id, kind: 'notice', seq: null, reply_to: null, text }
      }
    }
  }

  #ofCommand(id: string, channel: ChannelInfo, command: Command): NewRow | undefined {
    const verdict = judgeCommand(command, this.#usernames(command.target_agent_ids))
    if (verdict.verdict === 'ignore') return undefined
    const { seq, message_id: reply_to } = command
    return { ...this.#place(channel), id, kind: 'command', seq, reply_to, text: verdict.text }
  }

  /** All names under which users are mentioned. */
  #usernames(user_ids: readonly string[]): string[] {
    return user_ids.flatMap((id) => {
      const user = this.#directory.user(id)
      return user ? [user.username, ...(user.former_usernames ?? []).map(({ username }) => username)] : []
    })
  }

  #place(channel: ChannelInfo): { channel_id: string; session: string } {
    return { channel_id: channel.id, session: sessionOfChannel(this.#config, channel) }
  }

  #waker(): Waker {
    const directory = this.#directory
    return {
      user_id: directory.me.id,
      wake: this.#config.wake,
      isAssigned: (project_id) => directory.isAssigned(project_id),
      channel: (id) => directory.channel(id),
      channelOfProject: (id) => directory.channelOfProject(id),
      orgWide: () => directory.orgWide,
      isOwn: (message_id) => this.#senders.isOf(message_id, directory.me.id),
    }
  }
}

function idOf(wake: Wake): string {
  const { kind, channel } = wake
  if (kind === 'notice') return noticeRowId(channel.id, wake.notice.sequence)
  return messageRowId(channel.id, kind === 'message' ? wake.message.seq : wake.command.seq)
}
