import type { Topic } from './event-filter.ts'
import type { SseSink } from './sse-sink.ts'

/** Streams of an org by topic and by user: an event is offered only to streams that it may concern. */
export class SinkIndex {
  readonly #all = new Set<SseSink>()
  readonly #everything = new Set<SseSink>()
  readonly #by_topic = new Map<Topic, Set<SseSink>>()
  readonly #by_user = new Map<string, Set<SseSink>>()

  get size(): number {
    return this.#all.size
  }

  all(): SseSink[] {
    return [...this.#all]
  }

  users(): string[] {
    return [...this.#by_user.keys()]
  }

  ofUser(user_id: string): SseSink[] {
    return [...(this.#by_user.get(user_id) ?? [])]
  }

  add(sink: SseSink): void {
    this.#all.add(sink)
    into(this.#by_user, sink.credential.principal.id, sink)
    const { index } = sink.filter
    if (!index) this.#everything.add(sink)
    else for (const topic of index) into(this.#by_topic, topic, sink)
  }

  remove(sink: SseSink): void {
    this.#all.delete(sink)
    this.#everything.delete(sink)
    outOf(this.#by_user, sink.credential.principal.id, sink)
    for (const topic of sink.filter.index ?? []) outOf(this.#by_topic, topic, sink)
  }

  /** Calls `offer` once for each stream that the event may concern. */
  forEach(
    sequence: number,
    topics: readonly Topic[],
    subjects: readonly string[],
    offer: (sink: SseSink) => void,
  ): void {
    const once = (sink: SseSink) => {
      if (sink.offered >= sequence) return
      sink.offered = sequence
      offer(sink)
    }
    for (const sink of this.#everything) once(sink)
    for (const topic of topics) for (const sink of this.#by_topic.get(topic) ?? []) once(sink)
    for (const user_id of subjects)
      for (const sink of this.#by_user.get(user_id) ?? []) if (sink.filter.includesOwnEvents) once(sink)
  }
}

function into<K>(map: Map<K, Set<SseSink>>, key: K, sink: SseSink): void {
  const set = map.get(key)
  if (set) set.add(sink)
  else map.set(key, new Set([sink]))
}

function outOf<K>(map: Map<K, Set<SseSink>>, key: K, sink: SseSink): void {
  const set = map.get(key)
  set?.delete(sink)
  if (set?.size === 0) map.delete(key)
}
