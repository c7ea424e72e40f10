import type { LogEvent } from '../contracts/log-event.ts'
import type { Subscriptions } from '../contracts/requests.ts'

/** `project:<id>`, `task:<id>` or `channel:<id>`. */
export type Topic = string

/** Selection of one stream among the events that its user may see. */
export interface StreamFilter {
  subscriptions: Subscriptions
  /** For this connection alone; undefined means all. */
  topics?: readonly Topic[]
  /** Names or prefixes such as `task.*`; undefined means all. */
  types?: readonly string[]
}

export function topicsOf(event: Pick<LogEvent, 'project_ids' | 'task_id' | 'channel_id'>): Topic[] {
  const topics = event.project_ids.map((id) => `project:${id}`)
  if (event.task_id !== null) topics.push(`task:${event.task_id}`)
  if (event.channel_id !== null) topics.push(`channel:${event.channel_id}`)
  return topics
}

/** Reads `project:<id>,channel:<id>`; undefined when a part is not of that form. */
export function parseTopics(text: string): Topic[] | undefined {
  const topics = text.split(',').map((part) => part.trim().toLowerCase())
  return topics.every((topic) => /^(project|task|channel):[0-9a-f-]{36}$/.test(topic)) ? topics : undefined
}

/** Reads `task.*,message.created`; undefined when a part is not of that form. */
export function parseTypes(text: string): string[] | undefined {
  const types = text.split(',').map((part) => part.trim())
  return types.every((type) => /^[a-z_]+\.(\*|[a-z_]+)$/.test(type)) ? types : undefined
}

export function matchesType(types: readonly string[] | undefined, type: string): boolean {
  if (types === undefined) return true
  return types.some((wanted) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type,
  )
}

/** A filter compiled for the hot path: sets instead of lists. */
export class CompiledFilter {
  readonly #subscribed: ReadonlySet<Topic> | undefined
  readonly #topics: ReadonlySet<Topic> | undefined
  readonly #types: readonly string[] | undefined
  readonly #filter: StreamFilter

  constructor(filter: StreamFilter) {
    this.#filter = filter
    const { mode, topics } = filter.subscriptions
    this.#subscribed =
      mode === 'all' ? undefined : new Set(topics.map((t) => `${t.topic_type}:${t.topic_id}`))
    this.#topics = filter.topics && new Set(filter.topics)
    this.#types = filter.types
  }

  /** The same filter over other subscriptions. */
  with(subscriptions: Subscriptions): CompiledFilter {
    return new CompiledFilter({ ...this.#filter, subscriptions })
  }

  /** Topics that the stream is indexed under; undefined when every event has to be offered to it. */
  get index(): ReadonlySet<Topic> | undefined {
    return this.#topics ?? this.#subscribed
  }

  /** True when events about the stream's user match whatever their topic. */
  get includesOwnEvents(): boolean {
    return this.#topics === undefined
  }

  matches(event: LogEvent, topics: readonly Topic[], user_id: string): boolean {
    if (!matchesType(this.#types, event.type)) return false
    if (this.#topics && !topics.some((topic) => this.#topics?.has(topic))) return false
    if (!this.#subscribed || event.subject_ids.includes(user_id)) return true
    return topics.some((topic) => this.#subscribed?.has(topic))
  }

  /** False when the stream's types exclude notifications. */
  get wantsNotifications(): boolean {
    return matchesType(this.#types, 'notification.created')
  }

  get wantsReadNotifications(): boolean {
    return matchesType(this.#types, 'notification.read')
  }

  /** False when the stream's topics or types exclude the progress of exports. */
  get wantsExports(): boolean {
    return this.#topics === undefined && matchesType(this.#types, 'export.progress')
  }

  /** A notification is always about the stream's user; `topics` are those of the event that it follows from. */
  matchesNotification(topics: readonly Topic[]): boolean {
    if (!this.wantsNotifications) return false
    return this.#topics === undefined || topics.some((topic) => this.#topics?.has(topic))
  }
}
