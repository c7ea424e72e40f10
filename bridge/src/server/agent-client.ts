import { LIMITS } from '../../../src/contracts/limits.ts'
import type { Page, Slice } from '../../../src/contracts/lists.ts'
import type { ClientReport, Subscriptions } from '../../../src/contracts/requests.ts'
import type {
  AgentCommand,
  Channel,
  Message,
  Project,
  SubAgent,
  Task,
  User,
} from '../../../src/contracts/resources.ts'
import type { DeliveryState } from '../../../src/contracts/vocabulary.ts'
import { Api, type Call } from './api.ts'
import { type Connection, type ConnectionOptions, connectionOf } from './connection.ts'
import { EventFeed } from './event-feed.ts'
import { head } from './poll.ts'
import {
  type AgentServer,
  type HostedSubAgent,
  type Incoming,
  KeyRefused,
  type NewMessage,
  ServerRefused,
  type ServerVersion,
  type WaitingDelivery,
} from './port.ts'
import { AgentSocket } from './socket.ts'

/** Pages of one list: 100,000 entries. A longer list is an error, for it is held in memory. */
const PAGES_MAX = 1_000
/** 1,000 deliveries: the rest is asked for when these are done. */
const WAITING_PAGES_MAX = 10
/** Characters of a sub-agent's summary: people read it in a list, and the whole answer is in the channel. */
const SUMMARY_MAX = 2_000

/** Mission Control as one agent: calls with retries, the event stream, typing. Holds one connection per purpose. */
export class AgentClient implements AgentServer {
  readonly #connection: Connection
  readonly #api: Api
  readonly #socket: AgentSocket
  readonly #closing = new AbortController()

  constructor(options: ConnectionOptions) {
    this.#connection = connectionOf(options, this.#closing.signal)
    this.#api = new Api(this.#connection)
    this.#socket = new AgentSocket(this.#connection)
  }
  async version(): Promise<ServerVersion> {
    return await this.#api.call({ method: 'GET', route: '/version', path: '/version', of_server: true })
  }

  async me(): Promise<User> {
    return await this.#get('/users/me', '/users/me')
  }

  async users(): Promise<User[]> {
    return await this.#all('/users')
  }

  async channels(): Promise<Channel[]> {
    return await this.#all('/channels')
  }

  async projects(): Promise<Project[]> {
    return await this.#all('/projects')
  }

  async task(task_id: string): Promise<Task> {
    return await this.#get('/tasks/{task_id}', `/tasks/${encodeURIComponent(task_id)}`)
  }

  async messages(
    channel_id: string,
    { before, after, limit }: { before?: number; after?: number; limit: number },
  ): Promise<Message[]> {
    const query = new URLSearchParams({ limit: String(Math.min(limit, LIMITS.cursor_limit_max)) })
    if (before !== undefined) query.set('before', String(before))
    if (after !== undefined) query.set('after', String(after))
    const path = `${messagesOf(channel_id)}?${query}`
    return (await this.#get<Slice<Message>>(MESSAGES, path)).data
  }

  async post(channel_id: string, message: NewMessage): Promise<Message> {
    return await this.#call({ method: 'POST', route: MESSAGES, path: messagesOf(channel_id), body: message })
  }

  async deliver(channel_id: string, seq: number, state: DeliveryState, detail?: string): Promise<void> {
    const route = `${MESSAGES}/{seq}/deliveries`
    const path = `${messagesOf(channel_id)}/${seq}/deliveries`
    const body = {
      state,
      ...(detail === undefined ? {} : { detail: shortened(detail, LIMITS.delivery_detail_max) }),
    }
    try {
      await this.#call({ method: 'POST', route, path, body })
    } catch (error) {
      // A repeat after a lost answer or a crash: the stored state is further.
      if (!(error instanceof ServerRefused && error.code === 'INVALID_TRANSITION')) throw error
    }
  }

  async registerCommands(commands: AgentCommand[]): Promise<void> {
    const path = '/users/me/commands'
    await this.#call({ method: 'PUT', route: path, path, body: commands })
  }

  async subscribe(subscriptions: Subscriptions): Promise<void> {
    await this.#call({ method: 'PUT', route: '/subscriptions', path: '/subscriptions', body: subscriptions })
  }

  async activeSubAgents(): Promise<SubAgent[]> {
    const list = this.#pages<SubAgent>('/sub-agents', 'status=active', PAGES_MAX)
    return (await unlessUnknown(list))?.all ?? []
  }

  async subAgentKey(sub_agent_id: string): Promise<HostedSubAgent> {
    const path = `/sub-agents/${encodeURIComponent(sub_agent_id)}/key`
    return await this.#call({ method: 'POST', route: '/sub-agents/{sub_agent_id}/key', path })
  }

  async terminateSubAgent(sub_agent_id: string, reason: string): Promise<void> {
    const route = '/sub-agents/{sub_agent_id}/terminate'
    const path = `/sub-agents/${encodeURIComponent(sub_agent_id)}/terminate`
    await this.#call({ method: 'POST', route, path, body: { reason: shortened(reason, LIMITS.comment_max) } })
  }

  async completeSubAgent(summary: string): Promise<void> {
    const path = '/sub-agents/me/complete'
    const body = { summary: shortened(summary, SUMMARY_MAX) }
    await this.#call({ method: 'POST', route: path, path, body })
  }

  async waitingDeliveries(): Promise<WaitingDelivery[]> {
    const list = this.#pages<WaitingDelivery>('/users/me/deliveries', 'state=queued', WAITING_PAGES_MAX)
    return (await unlessUnknown(list))?.all ?? []
  }

  async reportClient(report: ClientReport): Promise<boolean> {
    const path = '/users/me/client'
    const detail = report.detail === null ? null : shortened(report.detail, LIMITS.client_detail_max)
    const call = this.#call<unknown>({ method: 'PUT', route: path, path, body: { ...report, detail } })
    return (await unlessUnknown(call.then(() => true))) ?? false
  }

  async position(): Promise<string> {
    return await head(this.#api, this.#closing.signal)
  }

  onDelivery(listener: (delivery: WaitingDelivery) => void, opened?: () => void): () => void {
    return this.#socket.onDelivery(listener, opened)
  }

  typing(channel_id: string): void {
    this.#socket.typing(channel_id)
  }

  async *events(cursor: string | null, signal: AbortSignal): AsyncGenerator<Incoming> {
    const feed = new EventFeed(this.#connection, this.#api, cursor)
    try {
      yield* feed.run(AbortSignal.any([signal, this.#closing.signal]))
    } catch (error) {
      if (error instanceof KeyRefused) this.#socket.refused()
      throw error
    }
  }

  useKey(api_key: string): void {
    this.#connection.key.replace(api_key)
    this.#socket.rekeyed()
  }

  /** Ends the streams and the socket; calls under way throw `ServerAway`. */
  close(): void {
    this.#closing.abort()
    this.#socket.close()
  }

  async #all<T>(path: string): Promise<T[]> {
    const { all, whole } = await this.#pages<T>(path, '', PAGES_MAX)
    if (whole) return all
    throw new ServerRefused(`GET ${path}`, 200, 'TOO_MANY', `there are more than ${PAGES_MAX} pages`)
  }

  async #pages<T>(path: string, query: string, pages_max: number): Promise<{ all: T[]; whole: boolean }> {
    const all: T[] = []
    for (let page = 1; page <= pages_max; page++) {
      const { data, pagination } = await this.#get<Page<T>>(
        path,
        `${path}?per_page=100&page=${page}&${query}`,
      )
      all.push(...data)
      if (page >= pagination.total_pages) return { all, whole: true }
    }
    return { all, whole: false }
  }

  async #get<T>(route: string, path: string): Promise<T> {
    return await this.#call({ method: 'GET', route, path })
  }

  async #call<T>(call: Call): Promise<T> {
    const used = this.#connection.key.value
    try {
      return await this.#api.call<T>(call)
    } catch (error) {
      if (error instanceof KeyRefused && this.#connection.key.value === used) this.#socket.refused()
      throw error
    }
  }
}

const MESSAGES = '/channels/{channel_id}/messages'

function messagesOf(channel_id: string): string {
  return `/channels/${encodeURIComponent(channel_id)}/messages`
}

/** Undefined when the server has no such route, because it is older. */
async function unlessUnknown<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ServerRefused && error.status === 404) return undefined
    throw error
  }
}

/** A detail as the server takes it: bounded in characters, without the ones it refuses. */
function shortened(detail: string, characters_max: number): string {
  const characters = [...detail.toWellFormed().replaceAll('\0', '')]
  return characters.slice(0, characters_max).join('')
}
