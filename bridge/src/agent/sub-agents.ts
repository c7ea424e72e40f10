import type { EventOf } from '../../../src/contracts/events.ts'
import { subAgentOf } from '../relay/session-keys.ts'
import { briefingText } from '../relay/sub-agent.ts'
import {
  type AgentServer,
  type HostedSubAgent,
  KeyRefused,
  type NewMessage,
  ServerRefused,
  SubAgentOver,
  type SubAgentServer,
} from '../server/port.ts'
import type { Row } from '../state/port.ts'

/** Ends that are remembered: the row of an older one was told by a refusal. */
const ENDED_MAX = 10_000
/** The gateway ends a turn by itself so long after the sub-agent's time: the server's word comes first. */
const GATEWAY_MARGIN_SECONDS = 60

export type SubAgentEnd = EventOf<'sub_agent.completed' | 'sub_agent.terminated' | 'sub_agent.expired'>

export function isSubAgentEnd(event: { type: string }): event is SubAgentEnd {
  return event.type.startsWith('sub_agent.') && event.type !== 'sub_agent.created'
}

export interface SubAgentsPorts {
  server: Pick<AgentServer, 'subAgentKey' | 'terminateSubAgent' | 'task'>
  /** The server as the sub-agent that has this key. */
  subAgentServer(api_key: string): SubAgentServer
}

interface Opened {
  hosted: HostedSubAgent
  server: SubAgentServer
}

/**
 * The sub-agents that an agent hosts: each with a key of its own, which is fetched when it is needed and kept in memory alone. A
 * key that does not hold any more is fetched anew once; when the server gives none, the sub-agent has ended.
 */
export class SubAgents {
  readonly #ports: SubAgentsPorts
  readonly #opened = new Map<string, Promise<Opened>>()
  readonly #ended = new Set<string>()
  /** Turns under way. */
  readonly #turns = new Map<string, AbortController>()
  /** Those whose end the server is being told. */
  readonly #ending = new Set<string>()

  constructor(ports: SubAgentsPorts) {
    this.#ports = ports
  }

  /** Somebody ended it, or its time is over: its turn ends, and its key is forgotten. */
  ended(sub_agent_id: string): void {
    const [oldest] = this.#ended
    if (oldest !== undefined && this.#ended.size >= ENDED_MAX) this.#ended.delete(oldest)
    this.#ended.add(sub_agent_id)
    this.#turns.get(sub_agent_id)?.abort()
    // The event of an end that this host asks for may come before the answer to its call.
    if (!this.#ending.has(sub_agent_id)) this.#forget(sub_agent_id)
  }

  /**
   * Runs the turn of a row; `work` gets a signal that aborts with the sub-agent, too. Rejects with `SubAgentOver` once the
   * sub-agent has ended, whatever `work` met then.
   */
  async during(row: Row, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const id = idOf(row)
    await this.#as(id)
    const turn = new AbortController()
    const abort = () => turn.abort(signal.reason)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    this.#turns.set(id, turn)
    try {
      if (this.#ended.has(id)) turn.abort()
      await work(turn.signal)
    } catch (error) {
      if (!signal.aborted && this.#ended.has(id)) throw new SubAgentOver('It ended during its turn.')
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      this.#turns.delete(id)
    }
  }

  /** What its session is created with, and how long its turn may take. Rejects with `SubAgentOver`. */
  async plan(row: Row): Promise<{ label: string; model: string; timeout_seconds: number }> {
    const { id, model, seconds_remaining } = (await this.#as(idOf(row))).hosted
    const timeout_seconds = seconds_remaining + GATEWAY_MARGIN_SECONDS
    return { label: `mission-control sub-agent ${id}`, model, timeout_seconds }
  }

  /** Text of its turn. Rejects as `task` does, and with `SubAgentOver`. */
  async briefing(row: Row): Promise<string> {
    const { id, task_id, instructions } = (await this.#as(idOf(row))).hosted
    return briefingText(await this.#ports.server.task(task_id), instructions, id)
  }

  /** Posts under its name. Rejects with `SubAgentOver`, `ServerAway`, `ServerRefused`, and `KeyRefused` for the key of its host. */
  async post(row: Row, message: NewMessage): Promise<void> {
    // The task of a sub-agent without a channel belongs to no project: its answer is its summary alone.
    if (row.channel_id === '') return
    await this.#act(idOf(row), (server) => server.post(row.channel_id, message))
  }

  /** Best effort, and only while it works. */
  typing(sub_agent_id: string, channel_id: string): void {
    if (channel_id === '' || !this.#turns.has(sub_agent_id)) return
    const opened = this.#opened.get(sub_agent_id)
    // A key that cannot be had is met by the turn as well.
    opened?.then(({ server }) => server.typing(channel_id)).catch(() => undefined)
  }

  /** Tells the server how its one turn ended; one that has ended already is left as it is. Rejects as `post` does, else. */
  async end(row: Row): Promise<void> {
    const id = idOf(row)
    this.#ending.add(id)
    try {
      if (row.failure !== null) await this.#ports.server.terminateSubAgent(id, row.failure)
      else await this.#act(id, (server) => server.completeSubAgent(row.answer ?? SILENT))
    } catch (error) {
      const over = error instanceof SubAgentOver || (error instanceof ServerRefused && row.failure !== null)
      if (!over) throw error
    } finally {
      this.#ending.delete(id)
    }
    this.#forget(id)
  }

  /** Forgets all keys. */
  close(): void {
    for (const id of [...this.#opened.keys()]) this.#forget(id)
  }

  async #act<T>(id: string, call: (server: SubAgentServer) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const { server } = await this.#as(id)
      try {
        return await call(server)
      } catch (error) {
        if (!(error instanceof KeyRefused)) throw error
        this.#forget(id)
        if (tries > 1) throw new SubAgentOver('Its keys do not hold.')
      }
    }
  }

  #as(id: string): Promise<Opened> {
    const known = this.#opened.get(id)
    if (known) return known
    const opening = this.#open(id)
    this.#opened.set(id, opening)
    opening.catch(() => {
      if (this.#opened.get(id) === opening) this.#opened.delete(id)
    })
    return opening
  }

  async #open(id: string): Promise<Opened> {
    if (this.#ended.has(id)) throw new SubAgentOver('It has ended.')
    try {
      const hosted = await this.#ports.server.subAgentKey(id)
      return { hosted, server: this.#ports.subAgentServer(hosted.api_key) }
    } catch (error) {
      if (error instanceof ServerRefused) throw new SubAgentOver(error.message)
      throw error
    }
  }

  #forget(id: string): void {
    const opened = this.#opened.get(id)
    this.#opened.delete(id)
    // One that could not be opened has nothing to close.
    opened?.then(({ server }) => server.close()).catch(() => undefined)
  }
}

const SILENT = 'The sub-agent ended its turn without an answer.'

function idOf({ session }: Row): string {
  const id = subAgentOf(session)
  if (id === undefined) throw new Error(`${session} is no session of a sub-agent.`)
  return id
}
