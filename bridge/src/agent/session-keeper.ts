import { type Clock, pause } from '../clock.ts'
import type { Prompt } from '../delivery/turn-runner.ts'
import type { Gateway } from '../gateway/port.ts'
import { primingText } from '../relay/prime.ts'
import { systemPrompt } from '../relay/prompt.ts'
import { sessionKey, subAgentOf } from '../relay/session-keys.ts'
import { subAgentSystemPrompt } from '../relay/sub-agent.ts'
import { backOffMs } from '../server/back-off.ts'
import type { AgentServer } from '../server/port.ts'
import type { Row, State, StoredSession } from '../state/port.ts'
import type { Directory } from './directory.ts'

export interface SessionKeeperPorts {
  agent: string
  state: State
  gateway: Gateway
  server: Pick<AgentServer, 'messages'>
  directory: Directory
  clock: Clock
  random: () => number
  /** Messages with which a new session is primed. */
  history_fetch_count: number
  failed(stage: string, error: unknown): void
}

/** The sessions of one agent: their generation, their first prompt, and their end. */
export class SessionKeeper {
  readonly #ports: SessionKeeperPorts
  readonly #signal: AbortSignal
  /** Sessions to archive once the gateway is there, each with its generation. */
  readonly #ending = new Map<string, number>()
  #archiving = false

  constructor(ports: SessionKeeperPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  /** Text of a turn: in a new session after the latest messages of its channel. Rejects as `messages` does. */
  async prompt(row: Row): Promise<Prompt> {
    const { state, agent, server, directory, history_fetch_count: limit } = this.#ports
    const known = limit === 0 || state.primed(agent, row.session) !== null
    if (known) return { text: row.text, primed_seq: null }
    const page = row.seq === null ? { limit } : { before: row.seq, limit }
    const messages = (await server.messages(row.channel_id, page)).toReversed()
    const newest = messages.at(-1)?.seq ?? 0
    const channel_name = directory.channel(row.channel_id)?.name ?? ''
    const before = primingText(messages, { user_id: directory.me.id, channel_name })
    return { text: before === '' ? row.text : `${before}\n\n${row.text}`, primed_seq: newest }
  }

  /** Stable per session: what the session is about. */
  systemPrompt(row: Row): string {
    const { directory } = this.#ports
    const channel = directory.channel(row.channel_id)
    if (row.kind === 'sub_agent')
      return subAgentSystemPrompt(channel?.name ?? directory.projectName(row.channel_id))
    return channel ? systemPrompt(channel.name) : ''
  }

  /** The generation in which a session is used now: one that was or will be archived begins anew. */
  generation(session: string): number {
    const { state, agent } = this.#ports
    const generation = state.generation(agent, session)
    const archived = state.sessions(agent).some((one) => one.session === session && one.archived)
    if (!archived && this.#ending.get(session) !== generation) return generation
    return state.nextGeneration(agent, session)
  }

  /** Ends the sessions of channels that the agent does not read any more. */
  endUnreadable(): void {
    const { directory } = this.#ports
    this.#end((one) => !isOfSubAgent(one) && directory.channel(one.channel_id) === undefined)
  }

  /** Ends the session of a channel, now or as soon as the gateway is there. */
  end(channel_id: string): void {
    this.#end((one) => !isOfSubAgent(one) && one.channel_id === channel_id)
  }

  /** Ends one session. */
  endSession(session: string): void {
    this.#end((one) => one.session === session)
  }

  /** Ends the sessions of sub-agents that are over: an earlier life ended their rows. */
  endSubAgents(): void {
    const { state, agent } = this.#ports
    this.#end((one) => isOfSubAgent(one) && state.unfinished(agent, one.session).length === 0)
  }

  #end(which: (session: StoredSession) => boolean): void {
    const { state, agent, failed } = this.#ports
    for (const session of state.sessions(agent))
      if (!session.archived && which(session)) this.#ending.set(session.session, session.generation)
    if (this.#archiving || this.#ending.size === 0) return
    this.#archiving = true
    this.#archive()
      .catch((error: unknown) => failed('archive sessions', error))
      .finally(() => {
        this.#archiving = false
      })
  }

  async #archive(): Promise<void> {
    const { state, agent, gateway, clock, random, failed } = this.#ports
    for (let failures = 0; this.#ending.size > 0 && !this.#signal.aborted; ) {
      const [next] = this.#ending
      if (!next) return
      const [session, generation] = next
      try {
        await gateway.connected(this.#signal)
        await gateway.archive(sessionKey(session, generation))
        if (state.generation(agent, session) === generation) state.setArchived(agent, session, true)
        if (this.#ending.get(session) === generation) this.#ending.delete(session)
        failures = 0
      } catch (error) {
        if (this.#signal.aborted) return
        if (failures === 0) failed('archive a session', error)
        await pause(clock, backOffMs(++failures, random), this.#signal)
      }
    }
  }
}

/** The session of a sub-agent lives as long as the sub-agent, whatever its host reads. */
function isOfSubAgent({ session }: StoredSession): boolean {
  return subAgentOf(session) !== undefined
}
